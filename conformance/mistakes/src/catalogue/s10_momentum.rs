//! S10: another average of the gradient.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use fixtures::LayerState;
use slow::{Averages, Scalar, Shape};
#[cfg(feature = "tch")]
use tch::{Kind, Tensor};

mistakes! {
    "momentum-of-scaled", "S10", Optimizer, MomentumOfScaled, "the average of scaled gradients instead of raw ones";
    "momentum-uncorrected", "S10", Optimizer, MomentumUncorrected, "no bias correction of M";
    "momentum-corrected-early", "S10", Optimizer, MomentumCorrectedEarly, "t + 1 in the bias correction of M";
    "momentum-observations-counted", "S10", Optimizer, MomentumObservationsCounted::default(), "the number of observations in the bias correction of M";
    "momentum-heavy-ball", "S10", Optimizer, MomentumHeavyBall, "M ← β1·M + G";
    "momentum-starts-at-first", "S10", Optimizer, MomentumStartsAtFirst, "M started at the first G";
    "momentum-nesterov", "S10", Optimizer, MomentumNesterov, "Nesterov's look-ahead";
    "momentum-beta2", "S10", Optimizer, MomentumBeta2, "β2 for the average M";
    "momentum-weights-exchanged", "S10", Optimizer, MomentumWeightsExchanged, "M ← (1−β1)·M + β1·G";
    "decay-coupled", "S10", Optimizer, DecayCoupled, "λ·θ added to the gradient (coupled decay)";
    "float32-momentum", "S10", Optimizer, Float32Momentum, "M kept in float32";
}

#[derive(Clone)]
struct MomentumOfScaled;

impl<S: Scalar> slow::Clauses<S> for MomentumOfScaled {
    fn momentum(&mut self, m: &mut [S], scale: &[S], at: &slow::LayerStep<S>) {
        slow::average(m, &slow::scaled(at.gradient, scale, at.layer), at.step.betas[0]);
    }

    fn update(&mut self, m_hat: &[S], _: &[S], _: &slow::LayerStep<S>) -> Vec<S> {
        m_hat.to_vec()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MomentumOfScaled {
    fn momentum(&mut self, m: &Tensor, scale: &Tensor, at: &port::LayerStep) -> Tensor {
        port::average(m, &port::scaled(at.gradient, scale), at.step.betas[0])
    }

    fn update(&mut self, m_hat: &Tensor, _: &Tensor, _: &port::LayerStep) -> Tensor {
        m_hat.shallow_clone()
    }
}

#[derive(Clone)]
struct MomentumUncorrected;

impl<S: Scalar> slow::Clauses<S> for MomentumUncorrected {
    fn corrected_momentum(&mut self, m: &[S], _: &slow::LayerStep<S>) -> Vec<S> {
        m.to_vec()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MomentumUncorrected {
    fn corrected_momentum(&mut self, m: &Tensor, _: &port::LayerStep) -> Tensor {
        m.shallow_clone()
    }
}

#[derive(Clone)]
struct MomentumCorrectedEarly;

impl<S: Scalar> slow::Clauses<S> for MomentumCorrectedEarly {
    fn corrected_momentum(&mut self, m: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        slow::corrected(m, at.step.betas[0], at.step.t + 1)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MomentumCorrectedEarly {
    fn corrected_momentum(&mut self, m: &Tensor, at: &port::LayerStep) -> Tensor {
        m / port::unbias(at.step.betas[0], at.step.t + 1)
    }
}

/// Counts the layer's observations; what was before a stop counts as one a step.
#[derive(Clone, Default)]
struct MomentumObservationsCounted {
    count: u64,
}

impl<S: Scalar> slow::Clauses<S> for MomentumObservationsCounted {
    fn restored(&mut self, layer: &Shape, saved: Option<&LayerState>, t: u64) -> Averages<S> {
        self.count = t;
        slow::Definition.restored(layer, saved, t)
    }

    fn observe(&mut self, v: &mut [S], all: &[Vec<S>], t: u64, betas: [f64; 2]) {
        self.count += all.len() as u64;
        slow::Definition.observe(v, all, t, betas);
    }

    fn corrected_momentum(&mut self, m: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        slow::corrected(m, at.step.betas[0], self.count)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MomentumObservationsCounted {
    fn restore(&mut self, averages: &mut port::Averages, saved: Option<&LayerState>, t: u64) {
        self.count = t;
        port::Definition.restore(averages, saved, t);
    }

    fn observe(&mut self, v: &mut Tensor, all: &[Tensor], t: u64, betas: [f64; 2]) {
        self.count += all.len() as u64;
        port::Definition.observe(v, all, t, betas);
    }

    fn corrected_momentum(&mut self, m: &Tensor, at: &port::LayerStep) -> Tensor {
        m / port::unbias(at.step.betas[0], self.count)
    }
}

#[derive(Clone)]
struct MomentumHeavyBall;

impl<S: Scalar> slow::Clauses<S> for MomentumHeavyBall {
    fn momentum(&mut self, m: &mut [S], _: &[S], at: &slow::LayerStep<S>) {
        let beta1 = S::new(at.step.betas[0]);
        m.iter_mut().zip(at.gradient).for_each(|(m, &g)| *m = beta1 * *m + g);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MomentumHeavyBall {
    fn momentum(&mut self, m: &Tensor, _: &Tensor, at: &port::LayerStep) -> Tensor {
        m * at.step.betas[0] + at.gradient
    }
}

#[derive(Clone)]
struct MomentumStartsAtFirst;

impl<S: Scalar> slow::Clauses<S> for MomentumStartsAtFirst {
    fn momentum(&mut self, m: &mut [S], scale: &[S], at: &slow::LayerStep<S>) {
        match at.step.t {
            1 => m.copy_from_slice(at.gradient),
            _ => slow::Definition.momentum(m, scale, at),
        }
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MomentumStartsAtFirst {
    fn momentum(&mut self, m: &Tensor, scale: &Tensor, at: &port::LayerStep) -> Tensor {
        match at.step.t {
            1 => at.gradient.copy(),
            _ => port::Definition.momentum(m, scale, at),
        }
    }
}

#[derive(Clone)]
struct MomentumNesterov;

impl<S: Scalar> slow::Clauses<S> for MomentumNesterov {
    fn corrected_momentum(&mut self, m: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        let mut ahead = m.to_vec();
        slow::average(&mut ahead, at.gradient, at.step.betas[0]);
        slow::corrected(&ahead, at.step.betas[0], at.step.t)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MomentumNesterov {
    fn corrected_momentum(&mut self, m: &Tensor, at: &port::LayerStep) -> Tensor {
        let beta1 = at.step.betas[0];
        port::average(m, at.gradient, beta1) / port::unbias(beta1, at.step.t)
    }
}

/// In the average and in its correction.
#[derive(Clone)]
struct MomentumBeta2;

impl<S: Scalar> slow::Clauses<S> for MomentumBeta2 {
    fn momentum(&mut self, m: &mut [S], _: &[S], at: &slow::LayerStep<S>) {
        slow::average(m, at.gradient, at.step.betas[1]);
    }

    fn corrected_momentum(&mut self, m: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        slow::corrected(m, at.step.betas[1], at.step.t)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MomentumBeta2 {
    fn momentum(&mut self, m: &Tensor, _: &Tensor, at: &port::LayerStep) -> Tensor {
        port::average(m, at.gradient, at.step.betas[1])
    }

    fn corrected_momentum(&mut self, m: &Tensor, at: &port::LayerStep) -> Tensor {
        m / port::unbias(at.step.betas[1], at.step.t)
    }
}

#[derive(Clone)]
struct MomentumWeightsExchanged;

impl<S: Scalar> slow::Clauses<S> for MomentumWeightsExchanged {
    fn momentum(&mut self, m: &mut [S], _: &[S], at: &slow::LayerStep<S>) {
        let beta1 = at.step.betas[0];
        let (keep, take) = (S::new(1.0 - beta1), S::new(beta1));
        m.iter_mut().zip(at.gradient).for_each(|(m, &g)| *m = keep * *m + take * g);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MomentumWeightsExchanged {
    fn momentum(&mut self, m: &Tensor, _: &Tensor, at: &port::LayerStep) -> Tensor {
        let beta1 = at.step.betas[0];
        m * (1.0 - beta1) + at.gradient * beta1
    }
}

/// Of plain parameters as well; nothing else decays them.
#[derive(Clone)]
struct DecayCoupled;

impl<S: Scalar> slow::Clauses<S> for DecayCoupled {
    fn momentum(&mut self, m: &mut [S], _: &[S], at: &slow::LayerStep<S>) {
        let theta = at.layer.matrix(at.parameters).expect("a layer with a gradient has a weight");
        let [of_weight, of_bias] = [at.layer.weight_name(), at.layer.bias_name()]
            .map(|name| S::new(at.step.settings.rates(&name, at.step.lr).1));
        let coupled = |(place, (&g, theta)): (usize, (&S, S))| {
            let in_weight = place % at.layer.columns < at.layer.inputs();
            let decay = if in_weight { of_weight } else { of_bias };
            g + decay * theta
        };
        let coupled: Vec<S> = at.gradient.iter().zip(theta).enumerate().map(coupled).collect();
        slow::average(m, &coupled, at.step.betas[0]);
    }

    fn plain_update(&mut self, gradient: &[S], theta: &[S], at: &slow::ParameterStep) -> Vec<S> {
        let decay = S::new(at.decay);
        gradient.iter().zip(theta).map(|(&g, &theta)| g + decay * theta).collect()
    }

    fn kept(&mut self, _: &slow::ParameterStep) -> f64 {
        1.0
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for DecayCoupled {
    fn momentum(&mut self, m: &Tensor, _: &Tensor, at: &port::LayerStep) -> Tensor {
        let own = ["weight", "bias"].map(|part| format!("{}.{part}", at.layer.name));
        let decayed = own.into_iter().filter_map(|name| {
            let (_, decay) = port::Definition.rates(at.step.settings, &name, at.step.lr);
            let product = at.parameters.get(&name)? * decay;
            Some((name, product))
        });
        let decay = port::matrix(at.layer, &decayed.collect());
        port::average(m, &(at.gradient + decay), at.step.betas[0])
    }

    fn plain_update(
        &mut self,
        gradient: &Tensor,
        theta: &Tensor,
        at: &port::ParameterStep,
    ) -> Tensor {
        gradient + theta * at.decay
    }

    fn kept(&mut self, _: &port::ParameterStep) -> f64 {
        1.0
    }
}

#[derive(Clone)]
struct Float32Momentum;

impl<S: Scalar> slow::Clauses<S> for Float32Momentum {
    fn momentum(&mut self, m: &mut [S], scale: &[S], at: &slow::LayerStep<S>) {
        slow::Definition.momentum(m, scale, at);
        m.iter_mut().for_each(|m| *m = S::new(f64::from(m.value() as f32)));
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for Float32Momentum {
    fn momentum(&mut self, m: &Tensor, scale: &Tensor, at: &port::LayerStep) -> Tensor {
        let averaged = port::Definition.momentum(m, scale, at);
        averaged.to_kind(Kind::Float).to_kind(averaged.kind())
    }
}
