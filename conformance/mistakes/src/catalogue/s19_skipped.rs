//! S19: skipped steps that leave something else.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use slow::{Averages, Scalar};
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "skip-ignored", "S19", Optimizer, SkipIgnored, "a skipped step taken all the same";
    "skip-counted", "S19", Optimizer, SkipCounted, "a skipped step counted";
    "skip-forgets-observations", "S19", Optimizer, SkipForgetsObservations { before: None }, "the observations of a skipped step discarded";
    "skip-advances-momentum", "S19", Optimizer, SkipAdvancesMomentum, "M advanced by a skipped step";
    "skip-decays", "S19", Optimizer, SkipDecays, "parameters decayed by a skipped step";
}

#[derive(Clone)]
struct SkipIgnored;

impl<S: Scalar> slow::Clauses<S> for SkipIgnored {
    fn skips(&mut self, _: bool, _: &[f64]) -> bool {
        false
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for SkipIgnored {
    fn skips(&mut self, _: bool, _: &[f64]) -> bool {
        false
    }
}

#[derive(Clone)]
struct SkipCounted;

impl<S: Scalar> slow::Clauses<S> for SkipCounted {
    fn skipped_clock(&mut self, t: u64) -> u64 {
        t + 1
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for SkipCounted {
    fn skipped_clock(&mut self, t: u64) -> u64 {
        t + 1
    }
}

/// Remembers `V` as it was before the step's observations.
#[derive(Clone, Default)]
struct SkipForgetsObservations<T> {
    before: Option<T>,
}

impl<S: Scalar> slow::Clauses<S> for SkipForgetsObservations<Vec<S>> {
    fn observe(&mut self, v: &mut [S], all: &[Vec<S>], t: u64, betas: [f64; 2]) {
        self.before = Some(v.to_vec());
        slow::Definition.observe(v, all, t, betas);
    }

    fn skipped_layer(&mut self, averages: &mut Averages<S>, _: Option<&[S]>, _: [f64; 2]) {
        averages.v = self.before.take().expect("forwards come first");
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for SkipForgetsObservations<Tensor> {
    fn observe(&mut self, v: &mut Tensor, all: &[Tensor], t: u64, betas: [f64; 2]) {
        self.before = Some(v.shallow_clone());
        port::Definition.observe(v, all, t, betas);
    }

    fn skipped_layer(&mut self, averages: &mut port::Averages, _: &Tensor, _: [f64; 2]) {
        averages.v = self.before.take().expect("forwards come first");
    }
}

#[derive(Clone)]
struct SkipAdvancesMomentum;

impl<S: Scalar> slow::Clauses<S> for SkipAdvancesMomentum {
    fn skipped_layer(
        &mut self,
        averages: &mut Averages<S>,
        gradient: Option<&[S]>,
        [beta1, _]: [f64; 2],
    ) {
        if let Some(gradient) = gradient {
            slow::average(&mut averages.m, gradient, beta1);
        }
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for SkipAdvancesMomentum {
    fn skipped_layer(
        &mut self,
        averages: &mut port::Averages,
        gradient: &Tensor,
        [beta1, _]: [f64; 2],
    ) {
        averages.m = port::average(&averages.m, gradient, beta1);
    }
}

#[derive(Clone)]
struct SkipDecays;

impl<S: Scalar> slow::Clauses<S> for SkipDecays {
    fn skipped_parameter(&mut self, theta: &mut [S], at: &slow::ParameterStep) {
        let kept = S::new(1.0 - at.lr * at.decay);
        theta.iter_mut().for_each(|x| *x = *x * kept);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for SkipDecays {
    fn skipped_parameter(&mut self, theta: &mut Tensor, at: &port::ParameterStep) {
        *theta *= 1.0 - at.lr * at.decay;
    }
}
