//! S7: another correction of `V`, another clock.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use fixtures::LayerState;
use slow::{Averages, Observations, Scalar, Shape};
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "ema-uncorrected", "S7", Optimizer, EmaUncorrected, "no bias correction of V";
    "ema-corrected-early", "S7", Optimizer, EmaCorrectedEarly, "t + 1 in the bias correction of V";
    "ema-corrected-late", "S7", Optimizer, EmaCorrectedLate, "t − 1 in the bias correction of V";
    "observations-counted", "S7", Optimizer, ObservationsCounted::default(), "the number of observations in the bias correction of V";
    "observations-are-steps", "S7", Optimizer, ObservationsAreSteps::default(), "t raised by every observation instead of every step";
    "ema-corrected-by-beta1", "S7", Optimizer, EmaCorrectedByBeta1, "β1 in the bias correction of V";
    "ema-corrected-once", "S7", Optimizer, EmaCorrectedOnce, "the first step's bias correction of V in every step";
    "correction-outside-root", "S7", Optimizer, CorrectionOutsideRoot, "the bias correction of V taken after the root";
    "float32-correction", "S7", Optimizer, Float32Correction, "the bias corrections computed in float32";
}

#[derive(Clone)]
struct EmaUncorrected;

impl<S: Scalar> slow::Clauses<S> for EmaUncorrected {
    fn corrected(&mut self, v: &[S], _: &slow::LayerStep<S>) -> Vec<S> {
        v.to_vec()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EmaUncorrected {
    fn corrected(&mut self, v: &Tensor, _: &port::LayerStep) -> Tensor {
        v.shallow_clone()
    }
}

#[derive(Clone)]
struct EmaCorrectedEarly;

impl<S: Scalar> slow::Clauses<S> for EmaCorrectedEarly {
    fn corrected(&mut self, v: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        slow::corrected(v, at.step.betas[1], at.step.t + 1)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EmaCorrectedEarly {
    fn corrected(&mut self, v: &Tensor, at: &port::LayerStep) -> Tensor {
        v / port::unbias(at.step.betas[1], at.step.t + 1)
    }
}

#[derive(Clone)]
struct EmaCorrectedLate;

impl<S: Scalar> slow::Clauses<S> for EmaCorrectedLate {
    fn corrected(&mut self, v: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        slow::corrected(v, at.step.betas[1], at.step.t - 1)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EmaCorrectedLate {
    fn corrected(&mut self, v: &Tensor, at: &port::LayerStep) -> Tensor {
        v / port::unbias(at.step.betas[1], at.step.t - 1)
    }
}

/// Counts the layer's observations; what was before a stop counts as one a step.
#[derive(Clone, Default)]
struct ObservationsCounted {
    count: u64,
}

impl<S: Scalar> slow::Clauses<S> for ObservationsCounted {
    fn restored(&mut self, layer: &Shape, saved: Option<&LayerState>, t: u64) -> Averages<S> {
        self.count = t;
        slow::Definition.restored(layer, saved, t)
    }

    fn observe(&mut self, v: &mut [S], all: &[Vec<S>], t: u64, betas: [f64; 2]) {
        self.count += all.len() as u64;
        slow::Definition.observe(v, all, t, betas);
    }

    fn corrected(&mut self, v: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        slow::corrected(v, at.step.betas[1], self.count)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ObservationsCounted {
    fn restore(&mut self, averages: &mut port::Averages, saved: Option<&LayerState>, t: u64) {
        self.count = t;
        port::Definition.restore(averages, saved, t);
    }

    fn observe(&mut self, v: &mut Tensor, all: &[Tensor], t: u64, betas: [f64; 2]) {
        self.count += all.len() as u64;
        port::Definition.observe(v, all, t, betas);
    }

    fn corrected(&mut self, v: &Tensor, at: &port::LayerStep) -> Tensor {
        v / port::unbias(at.step.betas[1], self.count)
    }
}

/// `t` is raised by the observations of the layer that has the most in a step. Each layer corrects
/// both averages by the number of its own, as in [`ObservationsCounted`], and no second one of the
/// first step resets `V`.
#[derive(Clone, Default)]
struct ObservationsAreSteps {
    count: u64,
}

impl<S: Scalar> slow::Clauses<S> for ObservationsAreSteps {
    fn restored(&mut self, layer: &Shape, saved: Option<&LayerState>, t: u64) -> Averages<S> {
        self.count = t;
        slow::Definition.restored(layer, saved, t)
    }

    fn observe(&mut self, v: &mut [S], all: &[Vec<S>], _: u64, betas: [f64; 2]) {
        self.count += all.len() as u64;
        all.iter().for_each(|a| slow::Definition.average(v, a, betas));
    }

    fn observed_clock(&mut self, t: u64, observations: &Observations<S>) -> u64 {
        t + observations.values().map(Vec::len).max().unwrap_or_default() as u64
    }

    fn clock(&mut self, t: u64, _: usize) -> u64 {
        t
    }

    fn corrected(&mut self, v: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        slow::corrected(v, at.step.betas[1], self.count)
    }

    fn corrected_momentum(&mut self, m: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        slow::corrected(m, at.step.betas[0], self.count)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ObservationsAreSteps {
    fn restore(&mut self, averages: &mut port::Averages, saved: Option<&LayerState>, t: u64) {
        self.count = t;
        port::Definition.restore(averages, saved, t);
    }

    fn observe(&mut self, v: &mut Tensor, all: &[Tensor], _: u64, betas: [f64; 2]) {
        self.count += all.len() as u64;
        all.iter().for_each(|a| *v = port::Definition.average(v, a, betas));
    }

    fn observed_clock(&mut self, t: u64, observations: &[usize]) -> u64 {
        t + observations.iter().max().copied().unwrap_or_default() as u64
    }

    fn clock(&mut self, t: u64) -> u64 {
        t
    }

    fn corrected(&mut self, v: &Tensor, at: &port::LayerStep) -> Tensor {
        v / port::unbias(at.step.betas[1], self.count)
    }

    fn corrected_momentum(&mut self, m: &Tensor, at: &port::LayerStep) -> Tensor {
        m / port::unbias(at.step.betas[0], self.count)
    }
}

#[derive(Clone)]
struct EmaCorrectedByBeta1;

impl<S: Scalar> slow::Clauses<S> for EmaCorrectedByBeta1 {
    fn corrected(&mut self, v: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        slow::corrected(v, at.step.betas[0], at.step.t)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EmaCorrectedByBeta1 {
    fn corrected(&mut self, v: &Tensor, at: &port::LayerStep) -> Tensor {
        v / port::unbias(at.step.betas[0], at.step.t)
    }
}

#[derive(Clone)]
struct EmaCorrectedOnce;

impl<S: Scalar> slow::Clauses<S> for EmaCorrectedOnce {
    fn corrected(&mut self, v: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        slow::corrected(v, at.step.betas[1], 1)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EmaCorrectedOnce {
    fn corrected(&mut self, v: &Tensor, at: &port::LayerStep) -> Tensor {
        v / port::unbias(at.step.betas[1], 1)
    }
}

#[derive(Clone)]
struct CorrectionOutsideRoot;

impl<S: Scalar> slow::Clauses<S> for CorrectionOutsideRoot {
    fn corrected(&mut self, v: &[S], _: &slow::LayerStep<S>) -> Vec<S> {
        v.to_vec()
    }

    fn scale(&mut self, v: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        let roots: Vec<S> = v.iter().map(|v| v.sqrt()).collect();
        let eps = S::new(at.step.settings.eps);
        let corrected = slow::corrected(&roots, at.step.betas[1], at.step.t);
        corrected.into_iter().map(|root| S::new(1.0) / (root + eps)).collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for CorrectionOutsideRoot {
    fn corrected(&mut self, v: &Tensor, _: &port::LayerStep) -> Tensor {
        v.shallow_clone()
    }

    fn scale(&mut self, v: &Tensor, at: &port::LayerStep) -> Tensor {
        let unbias = port::unbias(at.step.betas[1], at.step.t);
        (v.sqrt() / unbias + at.step.settings.eps).reciprocal()
    }
}

#[derive(Clone)]
struct Float32Correction;

impl<S: Scalar> slow::Clauses<S> for Float32Correction {
    fn corrected(&mut self, v: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        over_float32_correction(v, at.step.betas[1], at.step.t)
    }

    fn corrected_momentum(&mut self, m: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        over_float32_correction(m, at.step.betas[0], at.step.t)
    }
}

fn over_float32_correction<S: Scalar>(average: &[S], beta: f64, t: u64) -> Vec<S> {
    let correction = S::new(f64::from(1.0 - (beta as f32).powf(t as f32)));
    average.iter().map(|&x| x / correction).collect()
}

#[cfg(feature = "tch")]
impl port::Clauses for Float32Correction {
    fn corrected(&mut self, v: &Tensor, at: &port::LayerStep) -> Tensor {
        v / f64::from(1.0_f32 - (at.step.betas[1] as f32).powf(at.step.t as f32))
    }

    fn corrected_momentum(&mut self, m: &Tensor, at: &port::LayerStep) -> Tensor {
        m / f64::from(1.0_f32 - (at.step.betas[0] as f32).powf(at.step.t as f32))
    }
}
