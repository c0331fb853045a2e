//! What the slow copy asks of a number.

use fixtures::Dtype;
use std::f64::consts::PI;
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number the slow copy computes with.
pub trait Scalar:
    Copy
    + fmt::Debug
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + PartialOrd
{
    /// The format whose bounds results are held to; that of float64 for what is more precise.
    const DTYPE: Dtype = Dtype::Float64;

    /// A constant: `value`, rounded to the scalar's precision.
    fn new(value: f64) -> Self;

    /// `π`.
    #[must_use]
    fn pi() -> Self {
        Self::new(PI)
    }

    /// The nearest float64.
    fn value(self) -> f64;

    /// `√x`.
    #[must_use]
    fn sqrt(self) -> Self;

    /// `eˣ`.
    #[must_use]
    fn exp(self) -> Self;

    /// The natural logarithm.
    #[must_use]
    fn ln(self) -> Self;

    /// The hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;

    /// The error function, `2/√π · ∫₀ˣ exp(−t²) dt`.
    #[must_use]
    fn erf(self) -> Self;

    /// `|x|`.
    #[must_use]
    fn abs(self) -> Self;

    /// `value`, as something read in the same run as `self`: an input beside a parameter.
    ///
    /// That is a constant, except where runs differ at random ([`Sampled`](crate::Sampled)).
    #[must_use]
    fn alike(self, value: f64) -> Self {
        Self::new(value)
    }

    /// `x / (1 − βᵗ)`, S7, S10.
    ///
    /// The power and the difference are computed in float64, whatever the scalar.
    #[must_use]
    fn over_correction(self, beta: f64, t: u64) -> Self {
        self / Self::new(1.0 - libm::pow(beta, t as f64))
    }
}

/// The sum of numbers, one after the other; 0 of none.
pub fn sum<S: Scalar>(numbers: impl Iterator<Item = S>) -> S {
    numbers.fold(S::new(0.0), |sum, x| sum + x)
}

impl Scalar for f64 {
    fn new(value: f64) -> Self {
        value
    }
    fn value(self) -> f64 {
        self
    }
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    fn exp(self) -> Self {
        self.exp()
    }
    fn ln(self) -> Self {
        self.ln()
    }
    fn tanh(self) -> Self {
        self.tanh()
    }
    fn erf(self) -> Self {
        libm::erf(self)
    }
    fn abs(self) -> Self {
        self.abs()
    }
}

impl Scalar for f32 {
    const DTYPE: Dtype = Dtype::Float32;

    fn new(value: f64) -> Self {
        value as f32
    }
    fn value(self) -> f64 {
        f64::from(self)
    }
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    fn exp(self) -> Self {
        self.exp()
    }
    fn ln(self) -> Self {
        self.ln()
    }
    fn tanh(self) -> Self {
        self.tanh()
    }
    fn erf(self) -> Self {
        libm::erff(self)
    }
    fn abs(self) -> Self {
        self.abs()
    }
}
