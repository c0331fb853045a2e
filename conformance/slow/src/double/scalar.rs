//! Double-doubles as scalars of the slow copy.

use super::functions;
use super::number::Double;
use crate::scalar::Scalar;
use twofloat::consts;

impl Scalar for Double {
    fn new(value: f64) -> Self {
        Self::from(value)
    }
    fn pi() -> Self {
        Self(consts::PI)
    }
    fn value(self) -> f64 {
        self.hi()
    }
    fn sqrt(self) -> Self {
        Double::sqrt(self)
    }
    fn exp(self) -> Self {
        functions::exp(self)
    }
    fn ln(self) -> Self {
        functions::ln(self)
    }
    fn tanh(self) -> Self {
        functions::tanh(self)
    }
    fn erf(self) -> Self {
        functions::erf(self)
    }
    fn abs(self) -> Self {
        if self.hi() < 0.0 { -self } else { self }
    }
}
