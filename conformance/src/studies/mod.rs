//! How good the judge itself is: which mistakes it notices and names, how much room its bounds
//! leave.

mod fate;
pub mod matrix;
#[cfg(feature = "tch")]
mod naming;
#[cfg(feature = "tch")]
pub mod tightness;

pub use fate::{Fate, Fault, Kill, MARGIN, Prepared, Rows};
#[cfg(feature = "tch")]
pub use naming::Naming;
