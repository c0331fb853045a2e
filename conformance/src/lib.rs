//! Holds implementations of AdaAct against the oracle.
//!
//! A [`Subject`] turns cases into traces, and a trace is judged twice ([`Judgement`]):
//!
//! - against what the reference computes, or a golden trace holds: every array of every step, in
//!   the [`Measure`] of its [`Stage`], within the [`Bounds`] of the case. [`judge_own_state`] lets
//!   the reference compute each step from what the trace reports after the step before;
//!   [`judge_trajectory`] compares whole trajectories; [`replay()`] restarts a subject from the
//!   golden state.
//! - stage by stage: every stage of the optimizer from the trace's own stage before it, within a
//!   few roundings.
//!
//! Both go through a step in the order in which a fault spreads. The first [`Deviation`] beyond its
//! bound stands closest to the fault. [`digits`] trains both engines side by side on real images,
//! and [`paper`] judges by training runs what the paper claims.
//!
//! Comparisons are written so that NaN fails.
#![forbid(unsafe_code)]

pub mod archive;
mod arrays;
mod basis;
mod before;
mod bounds;
mod compare;
pub mod digits;
pub mod expected;
pub mod explain;
pub mod generate;
mod judge;
mod kinks;
pub mod manifest;
pub mod matrix;
mod measure;
pub mod mutants;
pub mod paper;
mod replay;
pub mod report;
pub mod scenarios;
pub mod schemas;
mod shuffle;
pub mod slow;
mod stage;
mod stagewise;
mod subject;
#[cfg(feature = "tch")]
mod threads;
#[cfg(feature = "tch")]
pub mod tightness;

pub use arrays::Address;
pub use basis::Basis;
pub use bounds::{
    Bounds, MULTIPLE, Origin, RUNS, ReplayMode, WAYS, bounds_for, bounds_of_corpus, certify,
    certify_arrays, estimate, fork_margin, is_large, sample,
};
pub use compare::{Deviation, StepComparison, compare_step};
pub use judge::{Figure, Judged, Judgement};
pub use kinks::Crossing;
pub use measure::Largest;
pub use replay::{Replay, judge_own_state, judge_trajectory, replay, single_steps};
pub use stage::{Measure, Stage};
pub use subject::{Device, Failure, Kind, Limits, Program, Subject, error_line, interrupt};
