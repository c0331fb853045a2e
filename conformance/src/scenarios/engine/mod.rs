//! Who runs a scenario: each implementation behind the same few calls.

mod choice;
mod reference;
mod slow;
#[cfg(feature = "tch")]
mod tch;
mod training;

pub use choice::Engine;
pub use training::{Refusal, Training};
