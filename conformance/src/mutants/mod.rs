//! Mutants: what comes out when a port makes a mistake.

mod catalogue;
#[cfg(feature = "tch")]
pub mod port;

pub use catalogue::{Kind, Mutant};
