//! The project's own cases, from seeds: every layer type, every clause, nothing square.
//!
//! All values are multiples of 2⁻¹⁰ of moderate size, exact in float32 as well: a float32 subject
//! starts from the very numbers that the golden trace starts from.

mod builder;
mod cases;

pub use cases::all;
