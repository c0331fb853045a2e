//! From averages to an update: one step of a layer (S7, S8, S10, S11).

use super::layer::{Layer, in_float32};
use super::rates::Rates;
use crate::mistakes::Mutant;
use crate::slow::{Arrays, Scalar};

/// What one step computes for a layer.
#[derive(Clone)]
pub struct Stages<S> {
    /// `G`, `[out, columns]`.
    pub gradient: Vec<S>,
    /// `s`, `[groups · columns]`.
    pub scale: Vec<S>,
    /// `M`, `[out, columns]`.
    pub momentum: Vec<S>,
    /// `U`, `[out, columns]`.
    pub update: Vec<S>,
}

/// What is the same for all layers in a step.
pub struct Step {
    pub t: u64,
    pub betas: [f64; 2],
    pub eps: f64,
    pub mutant: Option<Mutant>,
}

impl<S: Scalar> Layer<S> {
    /// The stages of a step along `g`; `weight_rate` is `η` of the weight.
    pub fn step(
        &mut self,
        g: &[S],
        step: &Step,
        weight_rate: f64,
        parameters: &Arrays<S>,
        rates: &Rates,
    ) -> Stages<S> {
        let scale = self.scale(step);
        let averaged = match step.mutant {
            Some(Mutant::MomentumOfScaled) => self.times_columns(g, &scale),
            Some(Mutant::DecayCoupled) => self.with_decay(g, parameters, rates),
            _ => g.to_vec(), // S10: the raw gradient
        };
        match step.mutant {
            Some(Mutant::RateZeroKeepsMomentum) if weight_rate == 0.0 => {}
            Some(Mutant::MomentumStartsAtFirst) if step.t == 1 => self.m.clone_from(&averaged),
            mutant => self.average_momentum(&averaged, step.betas, mutant), // S10, S16
        }
        let update = self.update(&averaged, &scale, step);
        Stages { gradient: g.to_vec(), scale, momentum: self.m.clone(), update }
    }

    /// `s = 1/(√V̂ + ε)` with `V̂ = V/(1 − β2ᵗ)` (S7, S8).
    fn scale(&mut self, step: &Step) -> Vec<S> {
        let Step { t, betas: [beta1, beta2], mutant, .. } = *step;
        let corrected = |v: S| match mutant {
            Some(
                Mutant::EmaUncorrected
                | Mutant::EpsilonBeforeCorrection
                | Mutant::CorrectionOutsideRoot,
            ) => v,
            Some(Mutant::EmaCorrectedEarly) => v.over_correction(beta2, t + 1),
            Some(Mutant::EmaCorrectedLate) => v.over_correction(beta2, t - 1),
            Some(Mutant::ObservationsCounted | Mutant::ObservationsAreSteps) => {
                v.over_correction(beta2, self.observations)
            }
            Some(Mutant::EmaCorrectedByBeta1) => v.over_correction(beta1, t),
            Some(Mutant::EmaCorrectedOnce) => v.over_correction(beta2, 1),
            Some(Mutant::Float32Correction) => v / float32_correction(beta2, t),
            _ => v.over_correction(beta2, t), // S7
        };
        let mut scale: Vec<S> = self.v.iter().map(|&v| inverse_root(corrected(v), step)).collect();
        match mutant {
            Some(Mutant::BiasUnscaled) if self.bias => {
                let bias = scale.iter_mut().skip(self.columns - 1).step_by(self.columns);
                bias.for_each(|s| *s = S::new(1.0));
            }
            Some(Mutant::ScaleNormalised) => {
                let sum = scale.iter().fold(S::new(0.0), |sum, &s| sum + s);
                let mean = sum / S::new(scale.len() as f64);
                scale.iter_mut().for_each(|s| *s = *s / mean);
            }
            Some(Mutant::ScaleOfStepBefore) => {
                let now = scale.clone();
                scale = self.s_before.replace(now).unwrap_or(scale);
            }
            _ => {}
        }
        scale
    }

    /// `M ← β1·M + (1 − β1)·G` (S10).
    pub fn average_gradient(&mut self, g: &[S], beta1: f64) {
        self.average_momentum(g, [beta1, beta1], None);
    }

    fn average_momentum(&mut self, g: &[S], [beta1, beta2]: [f64; 2], mutant: Option<Mutant>) {
        let (keep, take) = match mutant {
            Some(Mutant::MomentumHeavyBall) => (beta1, 1.0),
            Some(Mutant::MomentumBeta2) => (beta2, 1.0 - beta2),
            Some(Mutant::MomentumWeightsExchanged) => (1.0 - beta1, beta1),
            _ => (beta1, 1.0 - beta1), // S10
        };
        for (m, &g) in self.m.iter_mut().zip(g) {
            *m = S::new(keep) * *m + S::new(take) * g;
            if mutant == Some(Mutant::Float32Momentum) {
                *m = in_float32(*m);
            }
        }
    }

    /// `U = M̂·s`, column by column, with `M̂ = M/(1 − β1ᵗ)` (S10, S11).
    fn update(&self, g: &[S], scale: &[S], step: &Step) -> Vec<S> {
        let Step { t, betas: [beta1, beta2], mutant, .. } = *step;
        let m_hat = |(at, &m): (usize, &S)| match mutant {
            Some(Mutant::NoMomentum) => g[at],
            Some(Mutant::MomentumUncorrected) => m,
            Some(Mutant::MomentumCorrectedEarly) => m.over_correction(beta1, t + 1),
            Some(Mutant::MomentumObservationsCounted | Mutant::ObservationsAreSteps) => {
                m.over_correction(beta1, self.observations)
            }
            Some(Mutant::MomentumBeta2) => m.over_correction(beta2, t),
            Some(Mutant::MomentumNesterov) => {
                (S::new(beta1) * m + S::new(1.0 - beta1) * g[at]).over_correction(beta1, t)
            }
            Some(Mutant::Float32Correction) => m / float32_correction(beta1, t),
            _ => m.over_correction(beta1, t), // S10
        };
        let m_hat: Vec<S> = self.m.iter().enumerate().map(m_hat).collect();
        let mut u = match mutant {
            Some(Mutant::MomentumOfScaled) => m_hat,
            _ => self.times_columns_of(&m_hat, scale, mutant), // S11
        };
        match mutant {
            Some(Mutant::UpdateNormalised) => {
                let norm = u.iter().fold(S::new(0.0), |sum, &u| sum + u * u).sqrt();
                u.iter_mut().for_each(|u| *u = *u / norm);
            }
            Some(Mutant::BiasPlain) if self.bias => {
                let bias = u.iter_mut().zip(g).skip(self.columns - 1).step_by(self.columns);
                bias.for_each(|(u, &g)| *u = g);
            }
            _ => {} // S5, S11
        }
        u
    }

    fn times_columns(&self, matrix: &[S], scale: &[S]) -> Vec<S> {
        self.times_columns_of(matrix, scale, None)
    }

    /// Each column `j` times `s_j`; a group's rows take that group's `s` (S11).
    fn times_columns_of(&self, matrix: &[S], scale: &[S], mutant: Option<Mutant>) -> Vec<S> {
        let entry = |(at, &x): (usize, &S)| {
            let (i, j) = (at / self.columns, at % self.columns);
            let group = match mutant {
                Some(Mutant::FirstGroupScales) => 0,
                _ => i / (self.out / self.groups), // S11
            };
            let column = match mutant {
                Some(Mutant::ScaleByRows) => i % (self.out / self.groups) % self.columns,
                _ => j, // S11
            };
            x * scale[group * self.columns + column]
        };
        matrix.iter().enumerate().map(entry).collect()
    }

    /// [`Mutant::DecayCoupled`]: `G + λ·θ`.
    fn with_decay(&self, g: &[S], parameters: &Arrays<S>, rates: &Rates) -> Vec<S> {
        let inputs = self.columns - usize::from(self.bias);
        let entry = |(at, &g): (usize, &S)| {
            let (i, j) = (at / self.columns, at % self.columns);
            let (name, at) =
                if j < inputs { (self.weight(), i * inputs + j) } else { (self.bias(), i) };
            g + S::new(rates.of(&name).1) * parameters[&name].data[at]
        };
        g.iter().enumerate().map(entry).collect()
    }
}

/// S8 for one column.
fn inverse_root<S: Scalar>(v_hat: S, step: &Step) -> S {
    let (one, eps) = (S::new(1.0), S::new(step.eps));
    match step.mutant {
        Some(Mutant::EpsilonInsideRoot) => one / (v_hat + eps).sqrt(),
        Some(Mutant::EpsilonSquaredInside) => one / (v_hat + eps * eps).sqrt(),
        Some(Mutant::EpsilonBeforeCorrection) => {
            let root = one.over_correction(step.betas[1], step.t).sqrt();
            one / ((v_hat.sqrt() + eps) * root)
        }
        Some(Mutant::CorrectionOutsideRoot) => {
            one / (v_hat.sqrt().over_correction(step.betas[1], step.t) + eps)
        }
        Some(Mutant::EpsilonAbsent) => one / v_hat.sqrt(),
        Some(Mutant::EpsilonAsFloor) => {
            let root = v_hat.sqrt();
            one / if root < eps { eps } else { root }
        }
        Some(Mutant::NoRoot) => one / (v_hat + eps),
        Some(Mutant::FourthRoot) => one / (v_hat.sqrt().sqrt() + eps),
        _ => one / (v_hat.sqrt() + eps), // S8
    }
}

/// `1 − βᵗ` in float32, against S7.
fn float32_correction<S: Scalar>(beta: f64, t: u64) -> S {
    S::new(f64::from(1.0 - (beta as f32).powf(t as f32)))
}
