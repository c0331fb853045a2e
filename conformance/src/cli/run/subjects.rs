//! Whom `run` judges.

use clap::Args;
use conformance::{Device, Limits, Program, Subject};
#[cfg(feature = "tch")]
use fixtures::Dtype;
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

/// The value of `--subject`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The reference.
    Reference,
    /// The engine on libtorch.
    Tch,
    /// Any other program, by its command line.
    Command(String),
}

impl Chosen {
    /// Any text is a subject; only two are engines.
    ///
    /// # Errors
    /// If the engine was not built in.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Err("is blank: give a command, `reference` or `tch`".to_owned()),
            "reference" => Ok(Self::Reference),
            "tch" if cfg!(feature = "tch") => Ok(Self::Tch),
            "tch" => Err("this program was built without libtorch (feature `tch`)".to_owned()),
            line => Ok(Self::Command(line.to_owned())),
        }
    }

    /// Whether it is one of our own engines.
    pub fn is_engine(&self) -> bool {
        !matches!(self, Self::Command(_))
    }
}

/// How a program is run.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "If the subject is a command")]
pub struct ProgramOptions {
    /// A call that takes longer than this fails. Default: 60.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// A call that uses more memory than this, with its children, fails. Default: 8192.
    #[arg(long, value_name = "MIB")]
    pub memory: Option<NonZero<u32>>,
    /// Keep case, trace and messages of every call, in FOLDER/CASE/MODE/….
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
}

fn seconds(text: &str) -> anyhow::Result<Duration> {
    let seconds: f64 = text.parse()?;
    let limit = Duration::try_from_secs_f64(seconds)?;
    anyhow::ensure!(!limit.is_zero(), "must be more than 0");
    Ok(limit)
}

/// The subjects that were chosen; without a choice, all engines.
pub fn subjects(chosen: Option<&Chosen>, device: Device, options: &ProgramOptions) -> Vec<Subject> {
    match chosen {
        None => [vec![Subject::Reference], tch(device)].concat(),
        Some(Chosen::Reference) => vec![Subject::Reference],
        Some(Chosen::Tch) => tch(device),
        Some(Chosen::Command(line)) => vec![Subject::Program(options.program(line))],
    }
}

#[cfg(feature = "tch")]
fn tch(device: Device) -> Vec<Subject> {
    let subject = |dtype| Subject::Tch { dtype, device };
    [Dtype::Float64, Dtype::Float32].map(subject).to_vec()
}

#[cfg(not(feature = "tch"))]
fn tch(_: Device) -> Vec<Subject> {
    Vec::new()
}

impl ProgramOptions {
    fn program(&self, line: &str) -> Program {
        let default = Limits::default();
        let limits = Limits {
            time: self.timeout.unwrap_or(default.time),
            memory: self.memory.map_or(default.memory, |mib| u64::from(mib.get()) << 20),
        };
        Program { line: line.to_owned(), limits, keep: self.keep.clone() }
    }
}
