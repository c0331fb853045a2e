//! AdaAct on libtorch, in float64 or float32, on the CPU or a CUDA device.
//!
//! The optimizer, [`AdaAct`], trains any model written in tch. It needs a description of every linear
//! and convolution layer ([`Preconditioned`]), the parameters by name, and in training each of these
//! layers' inputs:
//!
//! ```
//! use gpu::{AdaAct, Hyperparameters, Preconditioned, Rates};
//! use tch::{Device, Kind, Tensor, nn};
//!
//! # tch::manual_seed(1);
//! let store = nn::VarStore::new(Device::Cpu);
//! let root = store.root();
//! let config = nn::ConvConfig { stride: 2, padding: 1, ..Default::default() };
//! let model = nn::seq()
//!     .add(nn::conv2d(&root / "conv", 3, 8, 3, config))
//!     .add_fn(|x| x.relu().flatten(1, -1))
//!     .add(nn::linear(&root / "fc", 8 * 5 * 4, 10, Default::default()));
//!
//! let layers = [Preconditioned::conv2d("conv", config)?, Preconditioned::linear("fc")];
//! let mut adaact = AdaAct::new(&layers, store.variables(), Hyperparameters::default())?;
//!
//! # let mut losses = Vec::new();
//! let images = Tensor::randn([6, 3, 10, 8], (Kind::Float, Device::Cpu));
//! let classes = Tensor::from_slice(&[3_i64, 1, 4, 1, 5, 9]);
//! for _ in 0..20 {
//!     adaact.clear_gradients();
//!     let outputs = model.forward_all(&images, None); // one for each layer
//!     adaact.observe("conv", &images)?;
//!     adaact.observe("fc", &outputs[1])?;
//!     let loss = outputs[2].cross_entropy_for_logits(&classes);
//!     loss.backward();
//!     adaact.step(|_parameter| Rates { lr: 0.1, weight_decay: 0.002 })?;
//! #   losses.push(loss.double_value(&[]));
//! }
//! # assert!(losses[19] < losses[0] / 10.0, "{losses:?}");
//! # Ok::<(), gpu::Error>(())
//! ```
//!
//! A [`Network`] is built from the layers of a case and shows their inputs to an [`Observer`], which
//! the optimizer is. [`Session`] runs the steps of a case on it, and [`trace()`] records every stage.
//!
//! This crate shares no code with the reference and does not know it, so that their agreement
//! says something. It computes no patches, keeps no activations and chooses no initial values. What
//! training needs besides, such as data and checkpoints, is in the crate `train`.

mod adaact;
pub mod backend;
pub mod baselines;
mod error;
mod layers;
mod network;
mod observer;
pub mod optimizer;
mod preconditioned;
mod session;
mod statistic;
mod tensor;
mod trace;

pub use adaact::{AdaAct, Hyperparameters, Rates};
pub use backend::Device;
pub use error::Error;
pub use network::Network;
pub use observer::{Observer, Unobserved};
pub use preconditioned::{Geometry, Preconditioned};
pub use session::{Options, Session};
pub use tensor::{NamedTensors, download, downloaded, kind, shape, sizes};
pub use trace::{LIBTORCH, StepRecord, producer, trace};
