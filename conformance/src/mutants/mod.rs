//! Mutants: what comes out when a port makes a mistake.

mod catalogue;
mod fate;
#[cfg(feature = "tch")]
pub mod port;

pub use catalogue::{Kind, Mutant};
pub use fate::{Kill, Rows, kills};
