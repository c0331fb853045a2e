//! Whoever computes a trace: one of the two engines, or any program.

mod children;
mod choice;
mod device;
mod failure;
mod family;
mod folder;
mod kind;
mod limits;
mod memory;
mod messages;
mod orphans;
mod program;
#[cfg(feature = "tch")]
pub(crate) mod threads;

pub use choice::Subject;
pub use device::Device;
pub use failure::{Cause, DECLINES, Failure, Written};
pub use family::interrupt;
pub use kind::{Ending, FailureKind};
pub use limits::Limits;
pub use messages::error_line;
pub use orphans::end_orphans;
pub use program::Program;
