//! Holds implementations of AdaAct against the oracle.
#![forbid(unsafe_code)]

mod arrays;
mod bounds;
mod compare;
pub mod digits;
pub mod generate;
mod judge;
mod measure;
mod replay;
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
