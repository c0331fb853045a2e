//! Training beside the engine: everything that a training has besides AdaAct on libtorch.
//!
//! A training is a [`Task`]: it supplies micro-batches, initial values and learning rates. [`Run`]
//! has the rest: the loop over updates, a run's directory with its record, checkpoints and logs,
//! exact resume, evaluation, plots, traces of single steps. For what tasks are made of there are
//! [`data`], [`images`], [`initial`] and [`schedule`], and [`flags`] for their command lines.
//!
//! AdaAct and the networks are in [`gpu`]; the formats of records are in [`fixtures::run`].

pub mod archive;
mod batch;
pub mod data;
pub mod events;
pub mod flags;
pub mod images;
pub mod initial;
pub mod plots;
mod run;
pub mod schedule;
mod task;
mod training;
pub mod weights;

pub use batch::Batch;
pub use task::{Batches, Moment, Task};
pub use training::{End, Interrupt, Machine, Run, main};
