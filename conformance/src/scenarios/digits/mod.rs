//! Real images: both engines trained side by side on handwritten digits, from the same start.

mod excerpts;
mod initial;
mod models;
mod outcome;
mod recipe;
mod train;
#[cfg(feature = "tch")]
mod twin;
#[cfg(not(feature = "tch"))]
#[path = "no_twin.rs"]
mod twin;

pub use outcome::{Outcome, TwinOutcome};
pub use recipe::Recipe;
pub use train::{accuracy, train};
