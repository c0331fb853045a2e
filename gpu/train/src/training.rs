//! Training: updates, epochs of them, and everything that happens between.

mod end;
mod epochs;
mod evaluation;
mod failure;
mod interrupt;
mod learner;
mod loss;
mod machine;
mod progress;
mod size;
mod start;
mod traces;
mod update;

pub use end::{End, main};
pub use interrupt::Interrupt;
pub use machine::Machine;
pub use start::Run;
