//! What libtorch offers and tch does not, the device to compute on, and the machine it is in. All
//! unsafe code of this crate is in this folder.

mod device;
mod environment;
pub(crate) mod foreach;
mod process;
mod tensors;

pub use device::Device;
pub use environment::{commit, machine};
pub use process::{Precision, allows_tf32, reuse_memory};
pub use tensors::clear_gradient;
pub(crate) use tensors::sum_squares;
