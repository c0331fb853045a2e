//! Scenarios: what no case file can say, as small scripts of calls on an optimizer.
//!
//! In a case every parameter has a gradient, every layer is observed, and every hyperparameter is
//! valid. Scenarios test absent gradients and layers never observed (S15), frozen parameters (S1) and
//! refused values (S18). A scenario runs on each [`Engine`]: the slow copy, with a mistake or without,
//! the reference, and libtorch. The expected values follow from the clause, with numbers that are
//! exact or nearly so.

mod absent;
mod all;
pub mod digits;
mod engine;
mod frozen;
mod refused;
mod scenario;
mod script;
mod setup;

pub use all::{Noticed, noticed};
pub use engine::{Engine, Refusal, Training};
pub use scenario::Scenario;
pub use script::{Script, Unmet};
pub use setup::Setup;
