//! Whoever computes a trace: one of the two engines, or any program.

mod choice;
mod device;
mod error_line;
mod failure;
mod family;
mod folder;
mod kind;
mod limits;
mod memory;
mod program;
#[cfg(feature = "tch")]
pub(crate) mod threads;

pub use choice::Subject;
pub use device::Device;
pub use error_line::error_line;
pub use failure::{Cause, DECLINES, Failure, Written};
pub use family::interrupt;
pub use kind::{Ending, FailureKind};
pub use limits::Limits;
pub use program::Program;
