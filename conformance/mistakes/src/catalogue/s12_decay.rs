//! S12: another decay, a step the other way.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use slow::Scalar;
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "decay-after-step", "S12", Optimizer, DecayAfterStep, "the decay after the step";
    "decay-without-rate", "S12", Optimizer, DecayWithoutRate, "a decay of λ instead of η·λ";
    "decay-at-base-rate", "S12", Optimizer, DecayAtBaseRate, "the decay at the base rate, whatever the schedule";
    "decay-absent", "S12", Optimizer, DecayAbsent, "no decay";
    "decay-on-weights-only", "S12", Optimizer, DecayOnWeightsOnly, "no decay on biases";
    "decay-squared", "S12", Optimizer, DecaySquared, "the decay taken twice";
    "sign-reversed", "S12", Optimizer, SignReversed, "a step uphill";
}

#[derive(Clone)]
struct DecayAfterStep;

impl<S: Scalar> slow::Clauses<S> for DecayAfterStep {
    fn descend(&mut self, theta: &mut [S], update: &[S], at: &slow::ParameterStep) {
        let (lr, kept) = (S::new(at.lr), S::new(1.0 - at.lr * at.decay));
        theta.iter_mut().zip(update).for_each(|(x, &u)| *x = (*x - lr * u) * kept);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for DecayAfterStep {
    fn descend(&mut self, theta: &Tensor, update: &Tensor, at: &port::ParameterStep) -> Tensor {
        (theta - update * at.lr) * (1.0 - at.lr * at.decay)
    }
}

#[derive(Clone)]
struct DecayWithoutRate;

impl<S: Scalar> slow::Clauses<S> for DecayWithoutRate {
    fn kept(&mut self, at: &slow::ParameterStep) -> f64 {
        1.0 - at.decay
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for DecayWithoutRate {
    fn kept(&mut self, at: &port::ParameterStep) -> f64 {
        1.0 - at.decay
    }
}

#[derive(Clone)]
struct DecayAtBaseRate;

impl<S: Scalar> slow::Clauses<S> for DecayAtBaseRate {
    fn kept(&mut self, at: &slow::ParameterStep) -> f64 {
        let (base, _) = at.step.settings.rates(at.name, None);
        1.0 - base * at.decay
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for DecayAtBaseRate {
    fn kept(&mut self, at: &port::ParameterStep) -> f64 {
        let (base, _) = port::Definition.rates(at.step.settings, at.name, None);
        1.0 - base * at.decay
    }
}

#[derive(Clone)]
struct DecayAbsent;

impl<S: Scalar> slow::Clauses<S> for DecayAbsent {
    fn kept(&mut self, _: &slow::ParameterStep) -> f64 {
        1.0
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for DecayAbsent {
    fn kept(&mut self, _: &port::ParameterStep) -> f64 {
        1.0
    }
}

#[derive(Clone)]
struct DecayOnWeightsOnly;

impl<S: Scalar> slow::Clauses<S> for DecayOnWeightsOnly {
    fn kept(&mut self, at: &slow::ParameterStep) -> f64 {
        if at.name.ends_with(".bias") { 1.0 } else { 1.0 - at.lr * at.decay }
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for DecayOnWeightsOnly {
    fn kept(&mut self, at: &port::ParameterStep) -> f64 {
        if at.name.ends_with(".bias") { 1.0 } else { 1.0 - at.lr * at.decay }
    }
}

#[derive(Clone)]
struct DecaySquared;

impl<S: Scalar> slow::Clauses<S> for DecaySquared {
    fn kept(&mut self, at: &slow::ParameterStep) -> f64 {
        let kept = 1.0 - at.lr * at.decay;
        kept * kept
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for DecaySquared {
    fn kept(&mut self, at: &port::ParameterStep) -> f64 {
        (1.0 - at.lr * at.decay).powi(2)
    }
}

#[derive(Clone)]
struct SignReversed;

impl<S: Scalar> slow::Clauses<S> for SignReversed {
    fn descend(&mut self, theta: &mut [S], update: &[S], at: &slow::ParameterStep) {
        let (lr, kept) = (S::new(at.lr), S::new(1.0 - at.lr * at.decay));
        theta.iter_mut().zip(update).for_each(|(x, &u)| *x = *x * kept + lr * u);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for SignReversed {
    fn descend(&mut self, theta: &Tensor, update: &Tensor, at: &port::ParameterStep) -> Tensor {
        theta * (1.0 - at.lr * at.decay) + update * at.lr
    }
}
