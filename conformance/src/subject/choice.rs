//! The engines and programs to choose a subject from.

#[cfg(feature = "tch")]
use super::device::Device;
use super::failure::Failure;
use super::program::Program;
#[cfg(feature = "tch")]
use super::threads::Threads;
#[cfg(feature = "tch")]
use fixtures::Dtype;
use fixtures::{Case, Trace};
use std::fmt;

/// An implementation that turns a case into a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The reference, in pure ndarray: float64 on the CPU.
    Reference,
    /// The engine on libtorch.
    #[cfg(feature = "tch")]
    Tch {
        /// What it computes in.
        dtype: Dtype,
        /// Where it computes.
        device: Device,
    },
    /// A shell command, called with the path of a case and of the trace it must write.
    Program(Program),
}

impl Subject {
    /// Computes the trace of a case.
    ///
    /// # Errors
    /// If the subject fails, or a program wrote something that is not a trace of this case.
    pub fn trace(&self, case: &Case) -> Result<Trace, Failure> {
        self.trace_part(case, "free")
    }

    /// As [`Subject::trace`]; `part` says which part of the case this is, for a program whose files
    /// are kept: `free`, or `forced-3` for `steps[3]` alone.
    pub(crate) fn trace_part(&self, case: &Case, part: &str) -> Result<Trace, Failure> {
        match self {
            Subject::Reference => reference::trace(case).map_err(|error| Failure::refused(&error)),
            #[cfg(feature = "tch")]
            Subject::Tch { dtype, device } => {
                let device = match device {
                    Device::Cpu => gpu::Device::Cpu,
                    Device::Cuda => gpu::Device::Cuda,
                };
                // Cases are small, and run side by side.
                let _threads = Threads::set(1);
                gpu::trace(case, gpu::Options { dtype: *dtype, device })
                    .map_err(|error| Failure::refused(&error))
            }
            Subject::Program(program) => program.trace(case, part),
        }
    }
}

/// `reference`, `tch`, or the command line.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Subject::Reference => f.write_str("reference"),
            #[cfg(feature = "tch")]
            Subject::Tch { device: Device::Cpu, .. } => f.write_str("tch"),
            #[cfg(feature = "tch")]
            Subject::Tch { device: Device::Cuda, .. } => f.write_str("tch cuda"),
            Subject::Program(program) => f.write_str(&program.line),
        }
    }
}
