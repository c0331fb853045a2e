//! Whoever computes traces: the two engines, or any program.

mod failure;
mod memory;
mod program;
#[cfg(feature = "tch")]
pub(crate) mod threads;

pub use failure::{Failure, Kind, error_line};
#[cfg(feature = "tch")]
use fixtures::Dtype;
use fixtures::{Case, Trace};
pub use program::{Limits, Program, interrupt};
use std::fmt;

/// A device that an engine may compute on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// The first CUDA device.
    Cuda,
}

/// An implementation that turns a case into a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The pure-ndarray reference, float64 on the processor.
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
    /// If the subject fails, or what a command wrote is no trace of this case.
    pub fn trace(&self, case: &Case) -> Result<Trace, Failure> {
        self.trace_part(case, "free")
    }

    /// As [`Subject::trace`]; `part` says which part of the case this is, for a command that keeps
    /// its files: `free`, or `forced-3` for the third step alone.
    pub(crate) fn trace_part(&self, case: &Case, part: &str) -> Result<Trace, Failure> {
        match self {
            Subject::Reference => reference::trace(case).map_err(|error| Failure::refused(&error)),
            #[cfg(feature = "tch")]
            Subject::Tch { dtype, device } => {
                let device = match device {
                    Device::Cpu => gpu::Device::Cpu,
                    Device::Cuda => gpu::Device::Cuda,
                };
                gpu::trace(case, gpu::Options { dtype: *dtype, device })
                    .map_err(|error| Failure::refused(&error))
            }
            Subject::Program(program) => program.trace(case, part),
        }
    }
}

/// `reference`, `tch`, or the command.
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
