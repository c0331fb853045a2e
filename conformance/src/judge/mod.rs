//! The verdict on a trace, and the arithmetic behind one number of it.

pub mod explain;
mod judgement;
mod kinks;
mod path;
mod replay;

pub use judgement::{Figure, Judgement};
pub use kinks::Crossing;
pub use replay::{Replay, first_divergence, judge_own_state, judge_trajectory, replay};
