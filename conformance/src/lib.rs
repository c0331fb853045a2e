//! Holds implementations of AdaAct against the oracle.
//!
//! A [`Subject`] turns cases into traces; [`replay()`] runs one over a case and compares every array
//! of every step with the golden trace, in the order in which a fault spreads, each in the
//! [`Measure`] of its [`Stage`] and against its [`bound`]. The first [`Deviation`] beyond its bound
//! stands closest to the fault. [`digits`] trains both engines side by side on real images.
//!
//! Comparisons are written so that NaN fails.
#![forbid(unsafe_code)]

mod arrays;
mod bounds;
mod compare;
pub mod digits;
pub mod generate;
mod judge;
mod measure;
pub mod mutants;
mod replay;
pub mod slow;
mod stage;
mod subject;

pub use arrays::Address;
pub use bounds::{ReplayMode, bound};
pub use compare::{Deviation, StepComparison, compare_step};
pub use judge::{Judged, Judgement};
pub use measure::Largest;
pub use replay::{judge_trajectory, replay, single_steps};
pub use stage::{Measure, Stage};
pub use subject::{Device, Subject};
