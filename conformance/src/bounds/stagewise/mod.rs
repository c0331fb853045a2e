//! Stage by stage: every stage of the optimizer from the trace's own stage before it.
//!
//! ```text
//! mean_square, V before ──► ema ──► scale ─────────┐
//! gradient, M before ──► momentum ─────────────────┴─► update ─┐
//! plain_gradients ────────────────────────────────────────────┴─► parameters ◄── θ before
//! ```
//!
//! What comes before a step is the trace's own, too ([`Before`]), or the case's. The bounds are
//! derived, element by element, and hold for any network, in any dtype, on any device: what lies
//! between two stages is one formula.

mod equations;
mod precision;
mod stages;
mod step;
#[cfg(test)]
mod tests;

pub use step::STAGES;
pub(crate) use step::judge_step;
