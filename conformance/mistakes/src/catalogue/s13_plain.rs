//! S13: plain parameters moved in another way.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use slow::{Owner, Scalar};
use std::collections::BTreeMap;
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "plain-decay-absent", "S13", Optimizer, PlainDecayAbsent, "no decay on plain parameters";
    "plain-momentum", "S13", Optimizer, PlainMomentum { averages: BTreeMap::new() }, "momentum on plain parameters";
    "plain-sign", "S13", Optimizer, PlainSign, "the sign of the gradient for plain parameters, as Adam's first step has it";
    "plain-frozen", "S13", Optimizer, PlainFrozen, "plain parameters left alone";
}

#[derive(Clone)]
struct PlainDecayAbsent;

impl<S: Scalar> slow::Clauses<S> for PlainDecayAbsent {
    fn kept(&mut self, at: &slow::ParameterStep) -> f64 {
        match at.owner {
            Owner::Plain => 1.0,
            Owner::Layer => 1.0 - at.lr * at.decay,
        }
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for PlainDecayAbsent {
    fn kept(&mut self, at: &port::ParameterStep) -> f64 {
        if at.is_plain { 1.0 } else { 1.0 - at.lr * at.decay }
    }
}

/// Remembers the averages of plain gradients, by the parameter's full name; a restored run has none.
#[derive(Clone, Default)]
struct PlainMomentum<T> {
    averages: BTreeMap<String, T>,
}

impl<S: Scalar> slow::Clauses<S> for PlainMomentum<Vec<S>> {
    fn plain_update(&mut self, gradient: &[S], _: &[S], at: &slow::ParameterStep) -> Vec<S> {
        let beta1 = at.step.betas[0];
        let zeros = || vec![S::new(0.0); gradient.len()];
        let m = self.averages.entry(at.name.to_owned()).or_insert_with(zeros);
        slow::average(m, gradient, beta1);
        slow::corrected(m, beta1, at.step.t)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for PlainMomentum<Tensor> {
    fn plain_update(&mut self, gradient: &Tensor, _: &Tensor, at: &port::ParameterStep) -> Tensor {
        let beta1 = at.step.betas[0];
        let m = self.averages.entry(at.name.to_owned()).or_insert_with(|| gradient.zeros_like());
        *m = port::average(m, gradient, beta1);
        &*m / port::unbias(beta1, at.step.t)
    }
}

#[derive(Clone)]
struct PlainSign;

impl<S: Scalar> slow::Clauses<S> for PlainSign {
    fn plain_update(&mut self, gradient: &[S], _: &[S], _: &slow::ParameterStep) -> Vec<S> {
        let sign = |g: f64| if g == 0.0 || g.is_nan() { g } else { g.signum() };
        gradient.iter().map(|g| S::new(sign(g.value()))).collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for PlainSign {
    fn plain_update(&mut self, gradient: &Tensor, _: &Tensor, _: &port::ParameterStep) -> Tensor {
        gradient.sign()
    }
}

#[derive(Clone)]
struct PlainFrozen;

impl<S: Scalar> slow::Clauses<S> for PlainFrozen {
    fn descend(&mut self, theta: &mut [S], update: &[S], at: &slow::ParameterStep) {
        match at.owner {
            Owner::Plain => {}
            Owner::Layer => slow::Definition.descend(theta, update, at),
        }
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for PlainFrozen {
    fn descend(&mut self, theta: &Tensor, update: &Tensor, at: &port::ParameterStep) -> Tensor {
        match at.is_plain {
            true => theta.shallow_clone(),
            false => port::Definition.descend(theta, update, at),
        }
    }
}
