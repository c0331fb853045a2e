//! The scalars of the optimizer, in float64 whatever the tensors' dtype (S7).

use super::Mutant;

/// Averages' weights and what corrects them.
#[derive(Clone, Copy)]
pub struct Constants {
    pub mutant: Option<Mutant>,
    /// `β1`: the average `M` (S10).
    pub beta_m: f64,
    /// `β2`: the average `V` (S6).
    pub beta_v: f64,
    /// `β2`: the correction of `V` (S7).
    correction_v: f64,
    /// `ε`
    pub eps: f64,
    /// `t`: completed steps while observing; one more in the update.
    pub t: u64,
}

impl Constants {
    pub fn new(mutant: Option<Mutant>, optimizer: &fixtures::Optimizer, t: u64) -> Self {
        let [beta1, beta2] = match mutant {
            Some(Mutant::BetasExchanged) => [optimizer.betas[1], optimizer.betas[0]],
            _ => optimizer.betas,
        };
        let beta_m = match mutant {
            Some(Mutant::MomentumBeta2) => beta2, // in the average and in its correction
            _ => beta1,
        };
        let beta_v = match mutant {
            Some(Mutant::EmaBeta1) => beta1, // in the average, not in its correction
            _ => beta2,
        };
        let correction_v = match mutant {
            Some(Mutant::EmaCorrectedByBeta1) => beta1,
            _ => beta2,
        };
        Self { mutant, beta_m, beta_v, correction_v, eps: optimizer.eps, t }
    }

    /// What `V` is divided by, `1 − β2^t` (S7); `observed` counts the layer's observations.
    pub fn unbias_v(&self, observed: u64) -> f64 {
        let t = self.t as f64;
        let beta = self.correction_v;
        match self.mutant {
            Some(Mutant::EmaUncorrected) => 1.0,
            Some(Mutant::EmaCorrectedEarly) => self.unbias(beta, t + 1.0),
            Some(Mutant::EmaCorrectedLate) => self.unbias(beta, t - 1.0),
            Some(Mutant::ObservationsCounted | Mutant::ObservationsAreSteps) => {
                self.unbias(beta, observed as f64)
            }
            Some(Mutant::EmaCorrectedOnce) => self.unbias(beta, 1.0),
            _ => self.unbias(beta, t),
        }
    }

    /// What `M` is divided by, `1 − β1^t` (S10); `observed` counts the layer's observations.
    pub fn unbias_m(&self, observed: u64) -> f64 {
        let t = self.t as f64;
        match self.mutant {
            Some(Mutant::MomentumUncorrected) => 1.0,
            Some(Mutant::MomentumCorrectedEarly) => self.unbias(self.beta_m, t + 1.0),
            Some(Mutant::MomentumObservationsCounted | Mutant::ObservationsAreSteps) => {
                self.unbias(self.beta_m, observed as f64)
            }
            _ => self.unbias(self.beta_m, t),
        }
    }

    /// `1 − β^exponent`
    fn unbias(&self, beta: f64, exponent: f64) -> f64 {
        match self.mutant {
            Some(Mutant::Float32Correction) => {
                f64::from(1.0_f32 - (beta as f32).powf(exponent as f32))
            }
            _ => 1.0 - beta.powf(exponent),
        }
    }
}
