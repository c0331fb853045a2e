//! What is right: AdaAct and the layers around it, in plain ndarray and float64.
//!
//! This crate is the oracle: clean, minimal, and readable line by line against the clauses S1–S20,
//! which comments name. It is not fast for its own sake, knows no GPU and no float32, holds no
//! unsafe code and no globals, and does no input or output. It never depends on the other engine,
//! so that agreement of the two is evidence.
//!
//! [`adaact`] holds the whole optimizer and is the file to open first; [`statistic`] computes the
//! mean of squared inputs, twice: plainly, and without patches. [`Network`] walks the layers, each
//! with its forward and backward side by side. [`Session`] takes the steps of a case, and
//! [`trace()`] records every stage of them. [`sgd`], [`adam`] and `foof` are baselines.
//!
//! Results are the same to the bit for any number of threads.
//!
//! ```
//! let case = fixtures::corpus::root().join("official/mlp-bias.case.json");
//! let case = fixtures::Case::read(case)?;
//! let trace = reference::trace(&case)?;
//! assert_eq!(trace.steps.len(), case.steps.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod activation;
pub mod adaact;
pub mod adam;
mod arrays;
mod batch_norm;
mod branch;
mod conv2d;
pub mod convert;
#[cfg(feature = "blas")]
pub mod foof;
mod layer;
mod layer_norm;
mod linear;
mod loss;
mod network;
mod parallel;
mod patches;
mod pool;
mod session;
pub mod sgd;
pub mod statistic;
mod windows;

pub use adaact::Error;
pub use arrays::{Activations, TensorMap};
pub use loss::loss;
pub use network::{Network, Pass};
pub use session::{Session, trace};
