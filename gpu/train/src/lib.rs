//! Training beside the engine: images and batches, initial values, files of tensors and events,
//! plots.
//!
//! AdaAct itself and the networks are in [`gpu`]; what a run leaves behind to be judged is in
//! [`fixtures::run`].

pub mod archive;
pub mod data;
pub mod events;
pub mod images;
pub mod initial;
pub mod plots;
pub mod weights;
