//! AdaAct on libtorch, in float64 or float32, on the CPU or a CUDA device.
//!
//! [`trace()`] runs a case of the format in [`fixtures`] and records every stage; [`Session`] runs
//! one step at a time, with or without reading back. For training of another kind,
//! [`Network`] and [`AdaAct`] stand alone: [`Network::train`] shows the layers' inputs to an
//! [`Observer`], which the optimizer is; then backward; then [`AdaAct::step`].
//!
//! This crate shares no code with the reference and does not know it, so that their agreement
//! says something. It computes no patches, keeps no activations and never guesses initial values.

mod adaact;
pub mod backend;
mod error;
mod layers;
mod network;
mod session;
mod statistic;
mod tensor;
mod trace;

pub use adaact::{AdaAct, Hyperparameters, Rates};
pub use backend::Device;
pub use error::Error;
pub use layers::{Observer, Unobserved};
pub use network::{NamedTensors, Network};
pub use session::{Options, Session};
pub use trace::trace;
