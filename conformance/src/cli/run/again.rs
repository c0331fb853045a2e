//! The command that replays one case alone.

use super::subjects::ProgramOptions;
use conformance::{Device, ReplayMode, Subject};
use glob::Pattern;
use std::env;
use std::path::PathBuf;

/// The options of this run that a replay of one case needs as well.
pub struct Again {
    pub corpus: Option<PathBuf>,
    pub device: Device,
    pub program: ProgramOptions,
}

impl Again {
    pub fn command(&self, subject: &Subject, case: &str, mode: ReplayMode) -> String {
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
