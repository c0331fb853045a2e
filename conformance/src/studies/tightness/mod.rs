//! How much room the sampled bounds leave: each against the worst error of honest engines.
//!
//! A bound that is far above what any honest engine does would hide faults. So every array of the
//! network's stages is computed by libtorch in several ways that differ by nothing but rounding
//! ([`Engine`]), each step from the golden state before it; and the [`Room`] of the array is its
//! bound divided by the worst error among these.

mod engine;
mod measure;
mod room;
mod summary;

pub use engine::Engine;
pub use measure::measure;
pub use room::{Room, STAGES};
pub use summary::{MAXIMUM, MEDIAN, Summary, summarize};
