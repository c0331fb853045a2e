//! S15: absent gradients treated in another way. No case has any, so the port is as it is defined.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use slow::{Arrays, Averages, Scalar, Shape};

mistakes! {
    "absent-gradient-is-zero", "S15", Beyond, AbsentGradientIsZero, "an absent gradient taken as zero";
    "absent-gradient-stops-clock", "S15", Beyond, AbsentGradientStopsClock, "t left alone when a gradient is absent";
    "absent-gradient-unobserved", "S15", Beyond, AbsentGradientUnobserved::default(), "V left alone when the gradient is absent";
    "unobserved-accepted", "S15", Beyond, UnobservedAccepted, "a step of a layer that was never observed";
}

#[derive(Clone)]
struct AbsentGradientIsZero;

impl<S: Scalar> slow::Clauses<S> for AbsentGradientIsZero {
    fn gradient(&mut self, layer: &Shape, gradients: &Arrays<S>) -> Option<Vec<S>> {
        let zeros = || vec![S::new(0.0); layer.out * layer.columns];
        Some(slow::Definition.gradient(layer, gradients).unwrap_or_else(zeros))
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for AbsentGradientIsZero {}

#[derive(Clone)]
struct AbsentGradientStopsClock;

impl<S: Scalar> slow::Clauses<S> for AbsentGradientStopsClock {
    fn clock(&mut self, t: u64, absent: usize) -> u64 {
        t + u64::from(absent == 0)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for AbsentGradientStopsClock {}

/// Remembers `V` as it was before the step's observations.
#[derive(Clone, Default)]
struct AbsentGradientUnobserved<T> {
    before: T,
}

impl<S: Scalar> slow::Clauses<S> for AbsentGradientUnobserved<Vec<S>> {
    fn observe(&mut self, v: &mut [S], all: &[Vec<S>], t: u64, betas: [f64; 2]) {
        self.before = v.to_vec();
        slow::Definition.observe(v, all, t, betas);
    }

    fn without_gradient(&mut self, averages: &mut Averages<S>) {
        averages.v.clone_from(&self.before);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for AbsentGradientUnobserved<()> {}

#[derive(Clone)]
struct UnobservedAccepted;

impl<S: Scalar> slow::Clauses<S> for UnobservedAccepted {
    fn may_step(&self, _: bool) -> bool {
        true
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for UnobservedAccepted {}
