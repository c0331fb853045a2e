//! The project's own cases, from seeds: every layer type, every clause, nothing square.
//!
//! Initial values are multiples of 2⁻¹⁰ of moderate size, inputs such multiples times a power of
//! two: exact in float32 as well, so that a float32 subject starts from the very numbers that the
//! golden trace starts from. No ReLU and no maximum is decided by less than [`MARGIN`], so that it
//! goes the golden trace's way, unless all arithmetics agree that it is a tie.

mod builder;
mod cases;
mod draw;
mod networks;
mod pass;

pub use builder::MARGIN;
pub use cases::all;
pub use networks::networks;
