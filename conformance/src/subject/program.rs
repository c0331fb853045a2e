//! A program as a subject: a shell command that takes the paths of a case and of the trace to write.

use super::failure::{Cause, DECLINES, Failure};
use super::family::Family;
use super::folder::Folder;
use super::kind::Ending;
use super::limits::Limits;
use fixtures::{Case, Trace};
use std::path::PathBuf;

/// A shell command that takes the paths of a case and of the trace it must write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What the shell runs, with the two paths as further arguments.
    pub line: String,
    /// What one call may use.
    pub limits: Limits,
    /// Where to keep case, trace and messages of every call, as `CASE/PART/…`; nowhere by default.
    pub keep: Option<PathBuf>,
}

impl Program {
    /// A program with the default limits, whose files are not kept.
    pub fn new(line: impl Into<String>) -> Self {
        Self { line: line.into(), limits: Limits::default(), keep: None }
    }

    /// Calls the program and reads the trace that it wrote.
    pub(super) fn trace(&self, case: &Case, part: &str) -> Result<Trace, Failure> {
        let folder = Folder::new(self.keep.as_deref(), case, part).map_err(Failure::here)?;
        case.write(folder.case()).map_err(Failure::here)?;
        let family = Family::start(&self.line, &folder).map_err(Failure::here)?;
        let ended = family.wait(self.limits, &folder).map_err(Failure::here)?;
        let failed = |cause| Failure::new(cause, folder.messages());
        match ended {
            Err(cause) => Err(failed(cause)),
            Ok(status) if status.success() => folder.read_trace(case).map_err(failed),
            Ok(status) if status.code() == Some(DECLINES) => {
                Err(failed(Cause::Declines { reason: folder.reason() }))
            }
            Ok(status) => Err(failed(Cause::Ends { ending: Ending::of(status) })),
        }
    }
}
