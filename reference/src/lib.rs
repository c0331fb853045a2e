//! What is right: AdaAct and the layers around it, in plain ndarray and float64.
//!
//! (doc to come)
#![forbid(unsafe_code)]

mod activation;
pub mod adaact;
pub mod adam;
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
pub use loss::loss;
pub use network::{Network, Pass};
pub use session::{Session, trace};

use ndarray::{ArcArray, ArrayD, IxDyn};
use std::collections::BTreeMap;

/// Parameters, gradients or buffers by full dotted name, such as `block2.body.conv1.weight`.
pub type TensorMap = BTreeMap<String, ArrayD<f64>>;

/// What flows between layers, `[batch, …]`, row-major; held by all that need it, copied by none.
pub type Activations = ArcArray<f64, IxDyn>;
