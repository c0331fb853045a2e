//! The replays of `run`, side by side.

use super::again::Again;
use super::in_order::in_order;
use crate::cli::line;
use crate::cli::progress::progress;
use anyhow::{Result, bail};
use conformance::diagnosis::{Catalogue, Diagnosis};
use conformance::report::expected::{Expected, Failing};
use conformance::report::{Finding, Listed, Suspect, Suspects, Verdict};
use conformance::{
    BoundSource, Failure, Origin, Replay, ReplayMode, Subject, bounds_on_demand, end_orphans,
    interrupt, replay,
};
use fixtures::Case;
use fixtures::corpus::Entry;
use std::io::Write;
use std::time::{Duration, Instant};

/// What to replay, and how.
pub struct Replays<'r> {
    pub subjects: &'r [Subject],
    pub modes: Vec<ReplayMode>,
    /// How many cases at once.
    pub jobs: usize,
    pub again: Again,
    pub expected: &'r Expected,
}

/// A replay as it was found, and how it fails, if it does.
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

/// What came of a replay, and how long it took.
struct Timed {
    mode: ReplayMode,
    replay: Result<Replay, Failure>,
    took: Duration,
}

/// The replays of a case by one subject.
struct OfSubject {
    replays: Vec<Replayed>,
    /// What they look like, if one diverges.
    diagnosis: Option<Diagnosis>,
}

impl Replays<'_> {
    /// Replays all entries, prints a line for each subject and mode, and finds the mistakes that
    /// explain the divergences.
    pub fn run(
        &self,
        out: &mut impl Write,
        entries: &[Entry],
    ) -> Result<(Vec<Replayed>, Vec<Suspect>)> {
        if self.subjects.iter().any(|subject| matches!(subject, Subject::Program(_))) {
            // Ctrl-C does not reach a program by itself: it has a process group of its own.
            ctrlc::set_handler(interrupt)?;
            end_orphans()?;
        }
        let bar = progress("corpus", entries.len() * self.subjects.len() * self.modes.len());
        let mut replayed: Vec<Replayed> = Vec::new();
        let mut suspects = Suspects::default();
        let work = |entry: &Entry| self.replay_entry(entry);
        in_order(entries, self.jobs, work, |of_entry| {
            for (OfSubject { replays, diagnosis }, subject) in
                of_entry?.into_iter().zip(self.subjects)
            {
                for replay in replays {
                    let shown = replayed.iter().rev().find_map(Replayed::output);
                    bar.suspend(|| line::finding(out, &replay.finding, shown))?;
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

    fn replay_entry(&self, entry: &Entry) -> Result<Vec<OfSubject>> {
        let (case, golden) = entry.read()?;
        let bounds = bounds_on_demand(&case, Some(&entry.case_path))?;
        let of_subject = |subject| {
            let mut replays = Vec::new();
            for &mode in &self.modes {
                let start = Instant::now();
                let replay = replay(subject, &case, &golden, &*bounds, mode);
                let declined = replay.as_ref().is_err_and(Failure::declines);
                replays.push(Timed { mode, replay, took: start.elapsed() });
                // A case that is declined as a whole need not be tried step by step.
                if declined && mode == ReplayMode::Free {
                    break;
                }
            }
            let no_verdict = replays.iter().filter_map(|timed| timed.replay.as_ref().err());
            if let Some(failure) = no_verdict.into_iter().find(|f| f.is_no_verdict()) {
                bail!("{}: `{subject}` {}", case.name, failure.cause);
            }
            let diagnosis = diagnose(subject, &case, &*bounds, &replays);
            let tell = |timed: &Timed| self.tell(subject, &case, timed, diagnosis.as_ref());
            let replays = replays.iter().map(tell).collect();
            Ok(OfSubject { replays, diagnosis })
        };
        self.subjects.iter().map(of_subject).collect()
    }

    fn tell(
        &self,
        subject: &Subject,
        case: &Case,
        timed: &Timed,
        diagnosis: Option<&Diagnosis>,
    ) -> Replayed {
        let &Timed { mode, ref replay, took } = timed;
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
        finding.took = took;
        finding.listed = match (self.expected.failing(&case.name, mode), &failing) {
            (None, _) => Listed::No,
            (Some(expected), Some(failing)) if expected == failing => Listed::AsExpected,
            (Some(_), _) => Listed::Untrue,
        };
        let is_news = finding.listed != Listed::AsExpected && failing.is_some();
        finding.again = is_news.then(|| self.again.command(subject, &case.name, mode));
        Replayed { finding, failing }
    }
}

/// What a subject looks like in a case in which it diverges: by its whole trajectory, which is
/// computed again if the subject was only restarted.
fn diagnose(
    subject: &Subject,
    case: &Case,
    bounds: &dyn BoundSource,
    replays: &[Timed],
) -> Option<Diagnosis> {
    let judged = || replays.iter().filter_map(|timed| timed.replay.as_ref().ok());
    if bounds.origin() != Origin::Sampled || judged().all(|replay| replay.judgement.conforms()) {
        return None;
    }
    let catalogue = Catalogue::of(case);
    match judged().find_map(|replay| replay.trace.as_ref()) {
        Some(trace) => Some(catalogue.diagnose(trace, bounds)),
        None => Some(catalogue.diagnose(&subject.trace(case).ok()?, bounds)),
    }
}
