//! What the optimizer is set to (S14, S18), and the scalars that a step makes of it.

use crate::error::Error;

/// The hyperparameters that are the same for all parameters (S14).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hyperparameters {
    /// `β1` in `[0, 1)`: the average of gradients.
    pub beta1: f64,
    /// `β2` in `[0, 1)`: the average of squared inputs.
    pub beta2: f64,
    /// `ε ≥ 0`, outside the root (S8).
    pub eps: f64,
}

impl Default for Hyperparameters {
    /// The authors' recipe for CIFAR-10.
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8 }
    }
}

/// What every parameter has of its own (S14).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Learning rate `η ≥ 0`.
    pub lr: f64,
    /// Decoupled weight decay `λ ≥ 0`.
    pub weight_decay: f64,
}

/// The scalars of one step, computed in float64 whatever the tensors' dtype (S7).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Constants {
    pub beta1: f64,
    pub eps: f64,
    /// `1 − β1^t`
    pub unbias_m: f64,
    /// `1 − β2^t`
    pub unbias_v: f64,
}

impl Hyperparameters {
    /// Refuses what is outside its range (S18).
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Self { beta1, beta2, eps } = *self;
        for (name, beta) in [("beta1", beta1), ("beta2", beta2)] {
            if !(0.0..1.0).contains(&beta) {
                return Err(Error::Hyperparameter { name, value: beta, range: "in [0, 1)" });
            }
        }
        not_negative("eps", eps)
    }

    /// The scalars of step `t`.
    pub(super) fn constants(&self, t: u64) -> Constants {
        let unbias = |beta: f64| 1.0 - beta.powf(t as f64);
        let Self { beta1, beta2, eps } = *self;
        Constants { beta1, eps, unbias_m: unbias(beta1), unbias_v: unbias(beta2) }
    }
}

impl Rates {
    /// Refuses what is outside its range (S18).
    pub(crate) fn check(self) -> Result<(), Error> {
        not_negative("lr", self.lr)?;
        not_negative("weight_decay", self.weight_decay)
    }
}

/// Refuses a value that is negative or not finite (S18).
pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<(), Error> {
    if value >= 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(Error::Hyperparameter { name, value, range: "finite and not negative" })
    }
}
