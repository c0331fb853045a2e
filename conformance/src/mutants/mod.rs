//! Mutants: what comes out when a port makes a mistake.

mod catalogue;

pub use catalogue::{Kind, Mutant};
