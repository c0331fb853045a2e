//! A double-double: the sum of two float64s, about 106 significant bits.

mod functions;
mod number;
mod scalar;

pub use number::Double;
