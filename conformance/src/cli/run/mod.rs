//! `conformance run`: the whole corpus, one line per case, subject and mode.

mod in_order;
mod list;
mod replays;

use super::reports::{self, Reports};
use super::suspects::{self, Suspects};
use super::text;
use super::{Verdict, digits, scenarios};
use anyhow::{Result, ensure};
use clap::Args;
use conformance::corpus::manifest::Identity;
use conformance::report::{Report, ReportSchema};
use conformance::scenarios::digits::Recipe;
use conformance::scenarios::{Engine, Scenario};
use conformance::{Device, Limits, Program, ReplayMode, Subject};
use fixtures::corpus;
use glob::Pattern;
use list::List;
use replays::Replayed;
use std::io::Write;
use std::num::NonZero;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, thread};

/// Replay the corpus and hold every subject against the golden traces.
///
/// Prints one line per case, subject and mode: the error that is largest against its bound, or the
/// first divergence; then one per scenario, a script of what no case can say, and which mistakes of
/// the catalogue explain the divergences. Without --subject: the reference, and libtorch in float64
/// and float32; finally both engines train side by side on handwritten digits.
///
/// A command is called as `COMMAND CASE TRACE` and has to write the trace. One that does not
/// support a case says why on standard error and ends with status 77: the case is declined, not
/// failed. Whatever else keeps it from writing a trace is a failure of that case alone.
#[derive(Args, Default)]
#[command(after_help = EXAMPLES)]
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
    /// Another corpus: a folder of NAME.case.json and NAME.golden.json, or an unpacked archive.
    #[arg(long, value_name = "FOLDER")]
    corpus: Option<PathBuf>,
    /// So many cases are replayed at once. Default: as many as there are cores.
    #[arg(long, value_name = "NUMBER")]
    jobs: Option<NonZero<usize>>,
    #[command(flatten)]
    program: ProgramOptions,
    #[command(flatten)]
    list: List,
    #[command(flatten)]
    reports: Reports,
}

/// How a command is run.
#[derive(Args, Default)]
#[command(next_help_heading = "If the subject is a command")]
struct ProgramOptions {
    /// A call that takes longer fails. Default: 60.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// A call that takes more memory, its children's included, fails. Default: 8192.
    #[arg(long, value_name = "MIB")]
    memory: Option<NonZero<u32>>,
    /// Keep case, trace and messages of every call, as FOLDER/CASE/MODE/….
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  conformance run --subject './my-port' --only smoke
  conformance run --subject 'python3 port.py' --html report.html --junit report.xml
  conformance run --subject './my-port' --expected-failures known.txt";

fn seconds(text: &str) -> Result<Duration> {
    let seconds: f64 = text.parse()?;
    let limit = Duration::try_from_secs_f64(seconds)?;
    ensure!(!limit.is_zero(), "it has to be more than 0");
    Ok(limit)
}

impl Run {
    pub fn execute(self, out: &mut impl Write) -> Result<Verdict> {
        let start = Instant::now();
        let all = corpus::entries(&self.folder())?;
        let names = all.iter().map(|entry| entry.name.as_str()).collect();
        let expected = self.list.read(self.subject.as_deref(), &names)?;
        let identity = self.identity()?;
        let mut entries = all.clone();
        entries.retain(|entry| self.chosen(&entry.name));
        let (scenarios, recipes) = (self.scenarios(), self.recipes());
        ensure!(
            !(entries.is_empty() && scenarios.is_empty() && recipes.is_empty()),
            "no case matches '{}'; see the corpus for the names",
            self.only.as_ref().map_or("*", Pattern::as_str)
        );
        self.reports.can_be_written()?;

        let (replayed, suspects) = self.replay_all(out, &entries, &expected)?;
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
        summary(out, &report, start)?;
        list.rewritten.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        self.reports.write(&report)?;
        Ok(if report.passes() { Verdict::Conforms } else { Verdict::Diverges })
    }

    /// The corpus: the project's own, or the one that was given, itself or as an archive has it.
    fn folder(&self) -> PathBuf {
        let Some(folder) = &self.corpus else { return corpus::root() };
        let inside = folder.join("corpus");
        if inside.join("SHA256SUMS").is_file() { inside } else { folder.clone() }
    }

    fn identity(&self) -> Result<Identity> {
        Identity::of(&self.folder())
    }

    fn jobs(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, NonZero::get);
        self.jobs.map_or_else(cores, NonZero::get)
    }

    fn modes(&self) -> Vec<ReplayMode> {
        self.mode.map_or(vec![ReplayMode::Free, ReplayMode::Forced], |mode| vec![mode])
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
            Some(command) => vec![Subject::Program(self.program.of(command))],
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

    /// The command that replays a case alone.
    fn again(&self, subject: &Subject, case: &str, mode: ReplayMode) -> String {
        let program = env::args().next().unwrap_or_else(|| "conformance".to_owned());
        let subject = match subject {
            Subject::Reference => "reference".to_owned(),
            #[cfg(feature = "tch")]
            Subject::Tch { .. } => "tch".to_owned(),
            Subject::Program(program) => program.line.clone(),
        };
        let mut words = vec![program, "run".to_owned(), "--subject".to_owned(), subject];
        let mut add = |option: &str, value: String| words.extend([option.to_owned(), value]);
        add("--only", Pattern::escape(case));
        add("--mode", mode.name().to_owned());
        if let Some(folder) = &self.corpus {
            add("--corpus", folder.display().to_string());
        }
        if self.device == Device::Cuda {
            add("--device", "cuda".to_owned());
        }
        if let Some(limit) = self.program.timeout {
            add("--timeout", limit.as_secs_f64().to_string());
        }
        if let Some(limit) = self.program.memory {
            add("--memory", limit.to_string());
        }
        shlex::try_join(words.iter().map(String::as_str)).expect("no word holds a NUL")
    }
}

impl ProgramOptions {
    fn of(&self, line: &str) -> Program {
        let default = Limits::default();
        let limits = Limits {
            time: self.timeout.unwrap_or(default.time),
            memory: self.memory.map_or(default.memory, |mib| u64::from(mib.get()) << 20),
        };
        Program { line: line.to_owned(), limits, keep: self.keep.clone() }
    }
}

/// The last lines: what was declined and why, what explains the divergences, what is wrong with the
/// list, how many of what.
fn summary(out: &mut impl Write, report: &Report, start: Instant) -> Result<()> {
    for (why, cases) in report.declined() {
        let (count, s) = (cases.len(), if cases.len() == 1 { "" } else { "s" });
        writeln!(out, "{}declined{:#} {count} case{s}: {why}", text::ODD, text::ODD)?;
    }
    suspects::write(out, &report.suspects)?;
    for untrue in &report.untrue {
        writeln!(out, "{}{untrue}{:#}", text::BAD, text::BAD)?;
    }
    let tally = report.tally();
    if tally.conform + tally.diverge + tally.fail == 0 {
        writeln!(out, "{}nothing was judged: all is declined{:#}", text::BAD, text::BAD)?;
    }
    let style = if report.passes() { text::GOOD } else { text::BAD };
    let seconds = start.elapsed().as_secs_f64();
    writeln!(out, "{style}{tally}{style:#} in {seconds:.1} s")?;
    writeln!(out, "{}", report.corpus)?;
    Ok(())
}
