//! What a port can get wrong, and what its traces look like then.

mod catalogue;
mod diagnosis;
#[cfg(feature = "tch")]
pub mod port;
mod printed;

pub use catalogue::{Kind, Mutant};
pub use diagnosis::{Catalogue, Diagnosis};
