//! The arguments of `run`, and its work from start to end.

use super::again::Again;
use super::list::List;
use super::replays::Replays;
use super::subjects::{Chosen, ProgramOptions, subjects};
use super::summary::summary;
use crate::cli::digits;
use crate::cli::exit::Exit;
use crate::cli::reports::{self, Reports};
use crate::cli::scenarios;
use anyhow::{Result, ensure};
use clap::Args;
use conformance::corpus::manifest::Identity;
use conformance::report::{Report, ReportSchema};
use conformance::scenarios::digits::Recipe;
use conformance::scenarios::{Engine, Scenario};
use conformance::{Device, ReplayMode, Subject};
use fixtures::corpus;
use glob::Pattern;
use std::io::Write;
use std::num::NonZero;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

/// Replay the corpus and judge every subject by the golden traces
///
/// Prints one line per case, subject and mode: the error that is largest relative to its bound, or
/// the first divergence. Then come the scenarios, scripts of what no case file can say, and the known
/// mistakes that explain the divergences. Without --subject, this judges the reference, and libtorch
/// in float64 and float32; at the end both engines train side by side on handwritten digits.
///
/// A command is called as `COMMAND CASE TRACE` and has to write the trace. If it does not support a
/// case, it prints the reason on standard error and ends with status 77: the case is declined, not
/// failed. Any other way to end without a trace is a failure of that case alone.
#[derive(Args, Default)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// `reference`, `tch`, or a command that is called with a case and the trace to write.
    ///
    /// A shell runs the command, with the two paths as last arguments.
    #[arg(long, value_name = "reference|tch|COMMAND", value_parser = Chosen::parse)]
    subject: Option<Chosen>,
    /// Only the cases whose name matches, such as 'conv-*'.
    #[arg(long, value_name = "GLOB")]
    only: Option<Pattern>,
    /// Restart every step from the golden state (forced), or run whole trajectories (free).
    ///
    /// Default: both.
    #[arg(long, value_enum)]
    mode: Option<ReplayMode>,
    /// The device of libtorch.
    #[arg(long, value_enum, default_value_t)]
    device: Device,
    /// Another corpus: a folder of NAME.case.json and NAME.golden.json, or an unpacked archive.
    #[arg(long, value_name = "FOLDER")]
    corpus: Option<PathBuf>,
    /// How many cases to replay at once. Default: the number of cores.
    #[arg(long, value_name = "NUMBER")]
    jobs: Option<NonZero<usize>>,
    #[command(flatten)]
    program: ProgramOptions,
    #[command(flatten)]
    list: List,
    #[command(flatten)]
    reports: Reports,
}

const EXAMPLES: &str = "\
Examples:
  conformance run --subject './my-port' --only smoke
  conformance run --subject 'python3 port.py' --html report.html --junit report.xml
  conformance run --subject './my-port' --expected-failures known.txt";

impl Run {
    pub fn execute(self, out: &mut impl Write) -> Result<Exit> {
        let start = Instant::now();
        let all = corpus::entries(&self.folder())?;
        let names = all.iter().map(|entry| entry.name.as_str()).collect();
        let expected = self.list.read(self.subject.as_ref(), &names)?;
        let identity = Identity::of(&self.folder())?;
        let mut entries = all.clone();
        entries.retain(|entry| self.chosen(&entry.name));
        let subjects = subjects(self.subject.as_ref(), self.device, &self.program);
        let (scenarios, recipes) = (self.scenarios(&subjects), self.recipes());
        ensure!(
            !(entries.is_empty() && scenarios.is_empty() && recipes.is_empty()),
            "--only: no case matches '{}'; docs/matrix.md lists the names",
            self.only.as_ref().map_or("*", Pattern::as_str)
        );
        self.reports.can_be_written()?;

        let replays = Replays {
            subjects: &subjects,
            modes: self.mode.map_or(vec![ReplayMode::Free, ReplayMode::Forced], |mode| vec![mode]),
            jobs: self.jobs(),
            again: self.again(),
            expected: &expected,
        };
        let (replayed, suspects) = replays.run(out, &entries)?;
        let mut trials = Vec::new();
        for (scenario, engine) in scenarios {
            trials.push(scenarios::run(out, scenario, engine)?);
        }
        for recipe in &recipes {
            trials.push(digits::run(out, recipe)?);
        }
        let list = self.list.conclude(&expected, &replayed)?;
        let report = Report {
            schema: ReportSchema::V1,
            program: reports::program(),
            corpus: identity,
            findings: list.findings(replayed),
            trials,
            suspects,
            untrue: list.untrue,
        };
        summary(out, &report, start.elapsed())?;
        list.rewritten.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        self.reports.write(&report)?;
        Ok(Exit::good_if(report.passes()))
    }

    /// The folder of the corpus: the built-in one, or the given one, which may be an unpacked archive.
    fn folder(&self) -> PathBuf {
        let Some(folder) = &self.corpus else { return corpus::root() };
        let inside = folder.join("corpus");
        if inside.join("SHA256SUMS").is_file() { inside } else { folder.clone() }
    }

    fn jobs(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, NonZero::get);
        self.jobs.map_or_else(cores, NonZero::get)
    }

    fn again(&self) -> Again {
        let (corpus, program) = (self.corpus.clone(), self.program.clone());
        Again { corpus, device: self.device, program }
    }

    /// The digits belong to the default run: both engines, whole trajectories, our own corpus.
    fn recipes(&self) -> Vec<Recipe> {
        let wanted = self.subject.is_none()
            && self.corpus.is_none()
            && self.mode != Some(ReplayMode::Forced);
        let all = Recipe::all().into_iter();
        all.filter(|recipe| wanted && self.chosen(recipe.name)).collect()
    }

    /// The scenarios belong to both modes and our own corpus; a command cannot run them.
    fn scenarios(&self, subjects: &[Subject]) -> Vec<(&'static Scenario, Engine)> {
        let wanted = self.corpus.is_none() && self.mode.is_none();
        let chosen = Scenario::all().filter(|scenario| wanted && self.chosen(scenario.name));
        let engines: Vec<_> = subjects.iter().filter_map(Engine::of).collect();
        chosen.flat_map(|scenario| engines.iter().map(move |&engine| (scenario, engine))).collect()
    }

    fn chosen(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|pattern| pattern.matches(name))
    }
}
