//! S6: another average of the statistic.

use super::statistics::mean;
#[cfg(feature = "tch")]
use super::statistics::port_mean;
use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use fixtures::Optimizer;
use slow::Scalar;
#[cfg(feature = "tch")]
use tch::{Kind, Tensor};

mistakes! {
    "ema-starts-at-first", "S6", Optimizer, EmaStartsAtFirst, "the average V started at the first A";
    "first-step-not-reset", "S6", Optimizer, FirstStepNotReset, "no reset of V between the observations before the first step";
    "every-step-reset", "S6", Optimizer, EveryStepReset, "V reset in every step";
    "forwards-averaged", "S6", Optimizer, ForwardsAveraged, "the observations of a step averaged, and V advanced once";
    "ema-weights-exchanged", "S6", Optimizer, EmaWeightsExchanged, "V ← (1−β2)·V + β2·A";
    "ema-sums", "S6", Optimizer, EmaSums, "V ← V + A, as AdaGrad has it";
    "ema-maximum", "S6", Optimizer, EmaMaximum, "the largest V so far kept, as AMSGrad has it";
    "ema-beta1", "S6", Optimizer, EmaBeta1, "β1 for the average V";
    "betas-exchanged", "S6", Optimizer, BetasExchanged, "β1 and β2 exchanged";
    "float32-ema", "S6", Optimizer, Float32Ema, "V kept in float32";
}

#[derive(Clone)]
struct EmaStartsAtFirst;

impl<S: Scalar> slow::Clauses<S> for EmaStartsAtFirst {
    fn observe(&mut self, v: &mut [S], all: &[Vec<S>], t: u64, betas: [f64; 2]) {
        match all.last() {
            Some(last) if t == 0 => v.copy_from_slice(last),
            _ => slow::Definition.observe(v, all, t, betas),
        }
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EmaStartsAtFirst {
    fn observe(&mut self, v: &mut Tensor, all: &[Tensor], t: u64, betas: [f64; 2]) {
        match all.last() {
            Some(last) if t == 0 => *v = last.copy(),
            _ => port::Definition.observe(v, all, t, betas),
        }
    }
}

#[derive(Clone)]
struct FirstStepNotReset;

impl<S: Scalar> slow::Clauses<S> for FirstStepNotReset {
    fn observe(&mut self, v: &mut [S], all: &[Vec<S>], _: u64, betas: [f64; 2]) {
        all.iter().for_each(|a| slow::Definition.average(v, a, betas));
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for FirstStepNotReset {
    fn observe(&mut self, v: &mut Tensor, all: &[Tensor], _: u64, betas: [f64; 2]) {
        all.iter().for_each(|a| *v = port::Definition.average(v, a, betas));
    }
}

/// On top of the resets before the first step.
#[derive(Clone)]
struct EveryStepReset;

impl<S: Scalar> slow::Clauses<S> for EveryStepReset {
    fn observe(&mut self, v: &mut [S], all: &[Vec<S>], t: u64, betas: [f64; 2]) {
        if !all.is_empty() {
            v.fill(S::new(0.0));
        }
        slow::Definition.observe(v, all, t, betas);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EveryStepReset {
    fn observe(&mut self, v: &mut Tensor, all: &[Tensor], t: u64, betas: [f64; 2]) {
        if !all.is_empty() {
            *v = v.zeros_like();
        }
        port::Definition.observe(v, all, t, betas);
    }
}

#[derive(Clone)]
struct ForwardsAveraged;

impl<S: Scalar> slow::Clauses<S> for ForwardsAveraged {
    fn of_forwards(&mut self, forwards: Vec<Vec<S>>) -> Vec<Vec<S>> {
        mean(&forwards).into_iter().collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ForwardsAveraged {
    fn of_forwards(&mut self, forwards: Vec<Tensor>) -> Vec<Tensor> {
        port_mean(&forwards).into_iter().collect()
    }
}

#[derive(Clone)]
struct EmaWeightsExchanged;

impl<S: Scalar> slow::Clauses<S> for EmaWeightsExchanged {
    fn average(&mut self, v: &mut [S], a: &[S], [_, beta2]: [f64; 2]) {
        let (keep, take) = (S::new(1.0 - beta2), S::new(beta2));
        v.iter_mut().zip(a).for_each(|(v, &a)| *v = keep * *v + take * a);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EmaWeightsExchanged {
    fn average(&mut self, v: &Tensor, a: &Tensor, [_, beta2]: [f64; 2]) -> Tensor {
        v * (1.0 - beta2) + a * beta2
    }
}

#[derive(Clone)]
struct EmaSums;

impl<S: Scalar> slow::Clauses<S> for EmaSums {
    fn average(&mut self, v: &mut [S], a: &[S], _: [f64; 2]) {
        v.iter_mut().zip(a).for_each(|(v, &a)| *v = *v + a);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EmaSums {
    fn average(&mut self, v: &Tensor, a: &Tensor, _: [f64; 2]) -> Tensor {
        v + a
    }
}

#[derive(Clone)]
struct EmaMaximum;

impl<S: Scalar> slow::Clauses<S> for EmaMaximum {
    fn average(&mut self, v: &mut [S], a: &[S], betas: [f64; 2]) {
        let before = v.to_vec();
        slow::Definition.average(v, a, betas);
        v.iter_mut().zip(before).filter(|(v, before)| **v < *before).for_each(|(v, b)| *v = b);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EmaMaximum {
    fn average(&mut self, v: &Tensor, a: &Tensor, betas: [f64; 2]) -> Tensor {
        v.maximum(&port::Definition.average(v, a, betas))
    }
}

/// In the average, not in its correction.
#[derive(Clone)]
struct EmaBeta1;

impl<S: Scalar> slow::Clauses<S> for EmaBeta1 {
    fn average(&mut self, v: &mut [S], a: &[S], [beta1, _]: [f64; 2]) {
        slow::average(v, a, beta1);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EmaBeta1 {
    fn average(&mut self, v: &Tensor, a: &Tensor, [beta1, _]: [f64; 2]) -> Tensor {
        port::average(v, a, beta1)
    }
}

#[derive(Clone)]
struct BetasExchanged;

impl<S: Scalar> slow::Clauses<S> for BetasExchanged {
    fn betas(&mut self, settings: &Optimizer) -> [f64; 2] {
        let [beta1, beta2] = settings.betas;
        [beta2, beta1]
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for BetasExchanged {
    fn betas(&mut self, settings: &Optimizer) -> [f64; 2] {
        let [beta1, beta2] = settings.betas;
        [beta2, beta1]
    }
}

#[derive(Clone)]
struct Float32Ema;

impl<S: Scalar> slow::Clauses<S> for Float32Ema {
    fn average(&mut self, v: &mut [S], a: &[S], betas: [f64; 2]) {
        slow::Definition.average(v, a, betas);
        v.iter_mut().for_each(|v| *v = S::new(f64::from(v.value() as f32)));
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for Float32Ema {
    fn average(&mut self, v: &Tensor, a: &Tensor, betas: [f64; 2]) -> Tensor {
        let averaged = port::Definition.average(v, a, betas);
        averaged.to_kind(Kind::Float).to_kind(averaged.kind())
    }
}
