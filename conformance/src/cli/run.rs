//! `conformance run`: the whole corpus, one line per case, subject and mode.

use super::suspects::Suspects;
use super::text::{self, Mark};
use super::{Verdict, digits, scenarios};
use anyhow::{Result, ensure};
use clap::Args;
use conformance::digits::Recipe;
use conformance::scenarios::{Engine, Scenario};
use conformance::{Device, Judgement, Origin, ReplayMode, Subject, bounds_for, replay};
use fixtures::corpus::{self, Entry};
use glob::Pattern;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

/// Replay the corpus and hold every subject against the golden traces.
///
/// Prints one line per case, subject and mode: the error that is largest against its bound, or the
/// first divergence; then one per scenario, a script of what no case can say, and which mistakes of
/// the catalogue explain the divergences. Without --subject: the reference, and libtorch in float64
/// and float32; finally both engines train side by side on handwritten digits.
#[derive(Args, Default)]
pub struct Run {
    /// `reference`, `tch`, or a command that is called with a case and the trace to write.
    ///
    /// The command is run as a shell runs it, with the two paths as last arguments.
    #[arg(long, value_name = "reference|tch|COMMAND")]
    subject: Option<String>,
    /// Only the cases whose name matches, such as 'conv-*'.
    #[arg(long, value_name = "GLOB")]
    only: Option<Pattern>,
    /// Restart every step from the golden state (forced), or run whole trajectories (free).
    ///
    /// Default: both.
    #[arg(long, value_enum)]
    mode: Option<ReplayMode>,
    /// Where libtorch computes.
    #[arg(long, value_enum, default_value_t)]
    device: Device,
    /// A corpus of your own: a folder of NAME.case.json and NAME.golden.json.
    #[arg(long, value_name = "FOLDER")]
    corpus: Option<PathBuf>,
}

impl Run {
    pub fn execute(self, out: &mut impl Write) -> Result<Verdict> {
        let start = Instant::now();
        let entries = self.entries()?;
        let (scenarios, recipes) = (self.scenarios(), self.recipes());
        ensure!(
            !(entries.is_empty() && scenarios.is_empty() && recipes.is_empty()),
            "no case matches '{}'; see the corpus for the names",
            self.only.as_ref().map_or("*", Pattern::as_str)
        );
        let mut tally = self.replay_all(out, &entries)?;
        for (scenario, engine) in scenarios {
            tally.count(scenarios::run(out, scenario, engine)?);
        }
        for recipe in &recipes {
            tally.count(digits::run(out, recipe)?);
        }
        writeln!(out, "{tally} in {:.1} s", start.elapsed().as_secs_f64())?;
        Ok(if tally.all_conform() { Verdict::Conforms } else { Verdict::Diverges })
    }

    fn replay_all(&self, out: &mut impl Write, entries: &[Entry]) -> Result<Tally> {
        let subjects = self.subjects();
        let modes = self.mode.map_or(vec![ReplayMode::Forced, ReplayMode::Free], |mode| vec![mode]);
        let bar = text::progress("corpus", entries.len() * subjects.len() * modes.len());
        let mut tally = Tally::default();
        let mut suspects = Suspects::default();
        for entry in entries {
            let (case, golden) = entry.read()?;
            let bounds = bounds_for(&case, Some(&entry.case_path))?;
            for subject in &subjects {
                let mut diverges = false;
                for &mode in &modes {
                    let judged = replay(subject, &case, &golden, &bounds, mode);
                    let (mark, line) = line(&case.name, subject, mode, &judged);
                    bar.suspend(|| writeln!(out, "{line}"))?;
                    bar.inc(1);
                    tally.count(mark);
                    diverges |= mark == Mark::Diverges && bounds.origin == Origin::Sampled;
                }
                if diverges {
                    suspects.note(subject, &case, &bounds)?;
                }
            }
        }
        bar.finish_and_clear();
        suspects.write(out)?;
        Ok(tally)
    }

    fn entries(&self) -> Result<Vec<Entry>> {
        let folder = self.corpus.clone().unwrap_or_else(corpus::root);
        let mut entries = corpus::entries(&folder)?;
        entries.retain(|entry| self.chosen(&entry.name));
        Ok(entries)
    }

    /// The digits belong to the default run: both engines, whole trajectories, the own corpus.
    fn recipes(&self) -> Vec<Recipe> {
        let wanted = self.subject.is_none()
            && self.corpus.is_none()
            && self.mode != Some(ReplayMode::Forced);
        let all = Recipe::all().into_iter();
        all.filter(|recipe| wanted && self.chosen(recipe.name)).collect()
    }

    /// The scenarios belong to both modes and the own corpus; a command cannot play them.
    fn scenarios(&self) -> Vec<(&'static Scenario, Engine)> {
        let wanted = self.corpus.is_none() && self.mode.is_none();
        let chosen = Scenario::all().filter(|scenario| wanted && self.chosen(scenario.name));
        let subjects = self.subjects();
        let engines: Vec<_> = subjects.iter().filter_map(Engine::of).collect();
        chosen.flat_map(|scenario| engines.iter().map(move |&engine| (scenario, engine))).collect()
    }

    fn chosen(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|pattern| pattern.matches(name))
    }

    fn subjects(&self) -> Vec<Subject> {
        match self.subject.as_deref() {
            None => [vec![Subject::Reference], self.tch()].concat(),
            Some("reference") => vec![Subject::Reference],
            #[cfg(feature = "tch")]
            Some("tch") => self.tch(),
            Some(command) => vec![Subject::Command(command.to_owned())],
        }
    }

    #[cfg(feature = "tch")]
    fn tch(&self) -> Vec<Subject> {
        use fixtures::Dtype;
        let subject = |dtype| Subject::Tch { dtype, device: self.device };
        [Dtype::Float64, Dtype::Float32].map(subject).to_vec()
    }

    #[cfg(not(feature = "tch"))]
    fn tch(&self) -> Vec<Subject> {
        Vec::new()
    }
}

/// One line of the report, with its verdict.
fn line(
    case: &str,
    subject: &Subject,
    mode: ReplayMode,
    judged: &Result<Judgement>,
) -> (Mark, String) {
    let subject = subject.to_string();
    match judged {
        Ok(judgement) => text::judgement_line(case, &subject, judgement),
        Err(error) => {
            (Mark::Fails, text::line(Mark::Fails, case, &subject, "-", mode, &format!("{error:#}")))
        }
    }
}

/// How often each verdict was given.
#[derive(Default)]
struct Tally {
    conform: usize,
    diverge: usize,
    fail: usize,
}

impl Tally {
    fn count(&mut self, mark: Mark) {
        match mark {
            Mark::Ok => self.conform += 1,
            Mark::Diverges => self.diverge += 1,
            Mark::Fails => self.fail += 1,
        }
    }

    fn all_conform(&self) -> bool {
        self.diverge == 0 && self.fail == 0
    }
}

/// `96 replays: 95 conform, 1 diverges, 0 fail`.
impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Tally { conform, diverge, fail } = self;
        let all = conform + diverge + fail;
        write!(f, "{all} replays: {conform} conform, {diverge} diverge, {fail} fail")
    }
}
