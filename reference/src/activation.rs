//! Activation functions with their derivatives: every value by itself.

use crate::Activations;
use crate::layer::{Backward, Forward, Layer};
use crate::parallel::{map, map2};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// `max(x, 0)`; NaN stays NaN.
pub(crate) struct Relu;

/// The hyperbolic tangent.
pub(crate) struct Tanh;

/// `x·Φ(x)` with the standard normal distribution `Φ(x) = (1 + erf(x/√2))/2`.
pub(crate) struct Gelu;

/// The output, of which the derivative is a function. The next layer often keeps it as well.
pub(crate) struct Output(Activations);

/// The input, of which the derivative is a function.
pub(crate) struct Input(Activations);

impl Layer for Relu {
    type Kept = Output;

    fn forward(&self, x: Activations, _: &mut Forward) -> (Activations, Output) {
        let y = map(x, |x| if x <= 0.0 { 0.0 } else { x });
        (y.clone(), Output(y))
    }

    fn backward(&self, Output(y): Output, dy: Activations, _: &mut Backward) -> Activations {
        map2(dy, &y, |dy, y| if y <= 0.0 { 0.0 } else { dy })
    }
}

impl Layer for Tanh {
    type Kept = Output;

    fn forward(&self, x: Activations, _: &mut Forward) -> (Activations, Output) {
        let y = map(x, f64::tanh);
        (y.clone(), Output(y))
    }

    fn backward(&self, Output(y): Output, dy: Activations, _: &mut Backward) -> Activations {
        map2(dy, &y, |dy, y| dy * (1.0 - y * y))
    }
}

impl Layer for Gelu {
    type Kept = Input;

    fn forward(&self, x: Activations, _: &mut Forward) -> (Activations, Input) {
        (map(x.clone(), |x| x * normal_cdf(x)), Input(x))
    }

    fn backward(&self, Input(x): Input, dy: Activations, _: &mut Backward) -> Activations {
        // (x·Φ(x))' = Φ(x) + x·Φ'(x)
        map2(dy, &x, |dy, x| dy * (normal_cdf(x) + x * normal_density(x)))
    }
}

/// `Φ(x)`.
fn normal_cdf(x: f64) -> f64 {
    0.5 * (1.0 + libm::erf(x * FRAC_1_SQRT_2))
}

/// `Φ'(x) = exp(−x²/2)/√(2π)`.
fn normal_density(x: f64) -> f64 {
    0.5 * FRAC_1_SQRT_2 * FRAC_2_SQRT_PI * (-0.5 * x * x).exp()
}
