//! S16: a rate of 0 treated in another way.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port::{self, Clauses as _};
use slow::Scalar;
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "rate-zero-returns-early", "S16", Optimizer, RateZeroReturnsEarly, "a step at rate 0 left out";
    "rate-zero-keeps-momentum", "S16", Optimizer, RateZeroKeepsMomentum, "M left alone where the rate is 0";
}

#[derive(Clone)]
struct RateZeroReturnsEarly;

impl<S: Scalar> slow::Clauses<S> for RateZeroReturnsEarly {
    fn skips(&mut self, skip: bool, rates: &[f64]) -> bool {
        skip || rates.iter().all(|&rate| rate == 0.0)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for RateZeroReturnsEarly {
    fn skips(&mut self, skip: bool, rates: &[f64]) -> bool {
        skip || rates.iter().all(|&rate| rate == 0.0)
    }
}

/// The rate of the weight counts: where it is 0, `M`, weight and bias stay, and `U` is that of the
/// old `M`.
#[derive(Clone)]
struct RateZeroKeepsMomentum;

impl<S: Scalar> slow::Clauses<S> for RateZeroKeepsMomentum {
    fn momentum(&mut self, m: &mut [S], scale: &[S], at: &slow::LayerStep<S>) {
        if !stays(&at.step, &at.layer.name) {
            slow::Definition.momentum(m, scale, at);
        }
    }

    fn descend(&mut self, theta: &mut [S], update: &[S], at: &slow::ParameterStep) {
        if !at.layer().is_some_and(|layer| stays(&at.step, layer)) {
            slow::Definition.descend(theta, update, at);
        }
    }
}

/// Whether the weight of a layer has the rate 0.
fn stays(step: &slow::Step, layer: &str) -> bool {
    step.settings.rates(&format!("{layer}.weight"), step.lr).0 == 0.0
}

#[cfg(feature = "tch")]
impl port::Clauses for RateZeroKeepsMomentum {
    fn momentum(&mut self, m: &Tensor, scale: &Tensor, at: &port::LayerStep) -> Tensor {
        match port_stays(&at.step, &at.layer.name) {
            true => m.shallow_clone(),
            false => port::Definition.momentum(m, scale, at),
        }
    }

    fn descend(&mut self, theta: &Tensor, update: &Tensor, at: &port::ParameterStep) -> Tensor {
        match at.layer() {
            Some(layer) if port_stays(&at.step, layer) => theta.shallow_clone(),
            _ => port::Definition.descend(theta, update, at),
        }
    }
}

/// The same in the port.
#[cfg(feature = "tch")]
fn port_stays(step: &port::Step, layer: &str) -> bool {
    port::Definition.rates(step.settings, &format!("{layer}.weight"), step.lr).0 == 0.0
}
