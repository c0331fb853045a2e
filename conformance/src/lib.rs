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

mod bounds;
mod compare;
pub mod corpus;
pub mod diagnosis;
mod judge;
pub mod report;
pub mod scenarios;
pub mod studies;
mod subject;

pub use bounds::{
    BoundSource, Bounds, MULTIPLE, OnDemand, Origin, RUNS, WAYS, bounds_for, bounds_of_corpus,
    bounds_on_demand, certify, certify_arrays, estimate, fork_margin, is_large, sample,
};
pub use compare::{
    Address, Basis, Deviation, Judged, Largest, Measure, ReplayMode, Stage, StepComparison,
    compare_step, single_steps,
};
pub use corpus::{archive, generate, manifest, schemas};
pub use judge::{
    Crossing, Figure, Judgement, Replay, explain, judge_own_state, judge_trajectory, replay,
};
pub use report::expected;
pub use scenarios::digits;
pub use slow;
pub use studies::matrix;
#[cfg(feature = "tch")]
pub use studies::tightness;
pub use subject::{
    Cause, DECLINES, Device, Ending, Failure, FailureKind, Limits, Program, Subject, Written,
    end_orphans, error_line, interrupt,
};
