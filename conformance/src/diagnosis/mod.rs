//! What a wrong trace looks like: which mistake made it, or that it was printed with too few digits.

mod catalogue;
mod printed;
mod trajectory;

pub use catalogue::{Catalogue, Diagnosis};
pub(crate) use trajectory::Honest;
