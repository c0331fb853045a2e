//! The replays of `run`, side by side.

use super::in_order::in_order;
use super::{Run, Suspects, text};
use anyhow::{Result, bail};
use conformance::mistakes::{Catalogue, Diagnosis};
use conformance::report::expected::{Expected, Failing};
use conformance::report::{Finding, Listed, Suspect, Verdict};
use conformance::{
    Bounds, Failure, Origin, Replay, ReplayMode, Subject, bounds_for, interrupt, replay,
};
use fixtures::Case;
use fixtures::corpus::Entry;
use std::io::Write;

/// A replay, told, and how it fails if it does.
pub struct Replayed {
    pub finding: Finding,
    pub failing: Option<Failing>,
}

impl Replayed {
    /// What the subject wrote, if it failed.
    fn output(&self) -> Option<&str> {
        let finding = &self.finding;
        let failed = finding.failure.as_ref().filter(|_| finding.verdict == Verdict::Fails)?;
        Some(&failed.output)
    }
}

/// The replays of a case by one subject.
struct OfSubject {
    replays: Vec<Replayed>,
    /// What they look like, if one diverges.
    diagnosis: Option<Diagnosis>,
}

impl Run {
    /// Replays all entries, prints a line for each subject and mode, and says which mistakes
    /// explain the divergences.
    pub(super) fn replay_all(
        &self,
        out: &mut impl Write,
        entries: &[Entry],
        expected: &Expected,
    ) -> Result<(Vec<Replayed>, Vec<Suspect>)> {
        let subjects = self.subjects();
        if subjects.iter().any(|subject| matches!(subject, Subject::Program(_))) {
            // A command does not hear of Ctrl-C by itself: it has a process group of its own.
            ctrlc::set_handler(interrupt)?;
        }
        let bar = text::progress("corpus", entries.len() * subjects.len() * self.modes().len());
        let mut replayed: Vec<Replayed> = Vec::new();
        let mut suspects = Suspects::default();
        let work = |entry: &Entry| self.replay_entry(entry, &subjects, expected);
        in_order(entries, self.jobs(), work, |of_entry| {
            for (OfSubject { replays, diagnosis }, subject) in of_entry?.into_iter().zip(&subjects)
            {
                for replay in replays {
                    let shown = replayed.iter().rev().find_map(Replayed::output);
                    bar.suspend(|| text::finding(out, &replay.finding, shown))?;
                    bar.inc(1);
                    replayed.push(replay);
                }
                if let Some(diagnosis) = diagnosis {
                    suspects.note(&subject.to_string(), &diagnosis);
                }
            }
            Ok(())
        })?;
        bar.finish_and_clear();
        Ok((replayed, suspects.sum_up()))
    }

    fn replay_entry(
        &self,
        entry: &Entry,
        subjects: &[Subject],
        expected: &Expected,
    ) -> Result<Vec<OfSubject>> {
        let (case, golden) = entry.read()?;
        let bounds = bounds_for(&case, Some(&entry.case_path))?;
        let of_subject = |subject| {
            let mut replays = Vec::new();
            for mode in self.modes() {
                let replay = replay(subject, &case, &golden, &bounds, mode);
                let declined = replay.as_ref().is_err_and(Failure::declines);
                replays.push((mode, replay));
                // Who declines a case as a whole need not be asked for each of its steps.
                if declined && mode == ReplayMode::Free {
                    break;
                }
            }
            let no_verdict = replays.iter().filter_map(|(_, replay)| replay.as_ref().err());
            if let Some(failure) = no_verdict.into_iter().find(|f| f.is_no_verdict()) {
                bail!("{}: `{subject}` {}", case.name, failure.kind);
            }
            let diagnosis = diagnose(subject, &case, &bounds, &replays);
            let tell = |(mode, replay): &(_, _)| {
                self.tell(subject, &case, *mode, replay, diagnosis.as_ref(), expected)
            };
            let replays = replays.iter().map(tell).collect();
            Ok(OfSubject { replays, diagnosis })
        };
        subjects.iter().map(of_subject).collect()
    }

    fn tell(
        &self,
        subject: &Subject,
        case: &Case,
        mode: ReplayMode,
        replay: &Result<Replay, Failure>,
        diagnosis: Option<&Diagnosis>,
        expected: &Expected,
    ) -> Replayed {
        let name = subject.to_string();
        let (mut finding, failing) = match replay {
            Ok(Replay { judgement, .. }) => {
                let diagnosis = diagnosis.filter(|_| !judgement.conforms());
                let finding = Finding::judged(case, &name, Some(mode), judgement, diagnosis);
                (finding, Failing::of(judgement))
            }
            Err(failure) => {
                let finding = Finding::failed(case, &name, mode, failure);
                (finding, Failing::without_trace(failure))
            }
        };
        finding.listed = match (expected.failing(&case.name, mode), &failing) {
            (None, _) => Listed::No,
            (Some(expected), Some(failing)) if expected == failing => Listed::AsExpected,
            (Some(_), _) => Listed::Untrue,
        };
        let is_news = finding.listed != Listed::AsExpected && failing.is_some();
        finding.again = is_news.then(|| self.again(subject, &case.name, mode));
        Replayed { finding, failing }
    }
}

/// What a subject looks like in a case in which it diverges: by its whole trajectory, which is
/// computed anew where it was only restarted.
fn diagnose(
    subject: &Subject,
    case: &Case,
    bounds: &Bounds,
    replays: &[(ReplayMode, Result<Replay, Failure>)],
) -> Option<Diagnosis> {
    let judged = || replays.iter().filter_map(|(_, replay)| replay.as_ref().ok());
    if bounds.origin != Origin::Sampled || judged().all(|replay| replay.judgement.conforms()) {
        return None;
    }
    let catalogue = Catalogue::of(case);
    match judged().find_map(|replay| replay.trace.as_ref()) {
        Some(trace) => Some(catalogue.diagnose(trace, bounds)),
        None => Some(catalogue.diagnose(&subject.trace(case).ok()?, bounds)),
    }
}
