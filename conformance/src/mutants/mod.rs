//! Mutants: what comes out when a port makes a mistake.

mod catalogue;
mod diagnosis;
mod fate;
#[cfg(feature = "tch")]
mod naming;
#[cfg(feature = "tch")]
pub mod port;
mod printed;

pub use catalogue::{Kind, Mutant};
pub use diagnosis::{Catalogue, Diagnosis};
pub use fate::{Fate, Fault, Kill, MARGIN, Rows};
#[cfg(feature = "tch")]
pub use naming::Naming;
