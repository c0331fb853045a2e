//! Labelled images on the device, and the batches that training draws from them.
//!
//! The whole set lies on the device as uint8, already padded. What is random in an epoch is a list of
//! [`View`]s, one an image; a batch gathers the pixels of some of them at once.

mod normalisation;
mod set;
mod view;

pub use normalisation::Normalisation;
pub use set::{ImageSet, Views};
pub use view::{Sampling, View};
