//! AdaAct on libtorch, in float64 or float32, on the CPU or a CUDA device.
//!
//! [`trace()`] runs a case of the format in [`fixtures`] and records every stage; [`Session`] runs
//! one step at a time, with or without reading back. For training of another kind,
//! [`Network`] and [`AdaAct`] stand alone: [`Network::train`] shows the layers' inputs to an
//! [`Observer`], which the optimizer is; then backward; then [`AdaAct::step`].
//!
//! This crate shares no code with the reference and does not know it, so that their agreement
//! says something. It computes no patches, keeps no activations and chooses no initial values. What
//! training needs besides, such as data and checkpoints, is in the crate `train`.
//!
//! ```
//! use gpu::{AdaAct, Hyperparameters, NamedTensors, Network, Rates};
//! use tch::{Device, Kind, Tensor};
//!
//! let layer = fixtures::Linear {
//!     name: "fc".to_owned(),
//!     in_features: 4,
//!     out_features: 2,
//!     bias: false,
//! };
//! let weight = Tensor::randn([2, 4], (Kind::Float, Device::Cpu)).set_requires_grad(true);
//! let parameters = NamedTensors::from([("fc.weight".to_owned(), weight)]);
//! let model = [fixtures::Layer::Linear(layer)];
//! let mut network = Network::new(&model, parameters, NamedTensors::new())?;
//! let mut adaact = AdaAct::new(&network, Hyperparameters::default())?;
//!
//! let batch = Tensor::randn([8, 4], (Kind::Float, Device::Cpu));
//! for _ in 0..3 {
//!     network.clear_gradients();
//!     let output = network.train(&batch, &mut adaact);
//!     output.square().mean(Kind::Float).backward();
//!     adaact.step(|_parameter| Rates { lr: 0.1, weight_decay: 0.002 })?;
//! }
//! # Ok::<(), gpu::Error>(())
//! ```

mod adaact;
pub mod backend;
pub mod baselines;
mod error;
mod layers;
mod network;
pub mod optimizer;
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
pub use tensor::{download, kind, shape, sizes};
pub use trace::{LIBTORCH, StepRecord, downloaded, producer, trace};
