//! What the optimizer refuses (S15, S18).

use super::layer::Layer;
use crate::mutants::Mutant;
use crate::slow::{Arrays, Scalar};
use fixtures::Optimizer;
use std::fmt;

/// A refusal, with the name of what is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// A hyperparameter with its value (S18).
    Hyperparameter {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A layer with a gradient that was never observed (S15).
    Unobserved {
        /// Its full name.
        layer: String,
    },
}

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Refused::Hyperparameter { name, value } => write!(f, "{name} is {value}"),
            Refused::Unobserved { layer } => write!(f, "layer {layer} was never observed"),
        }
    }
}

/// S18: `η ≥ 0`, `ε ≥ 0`, `0 ≤ β < 1`, `λ ≥ 0`, all finite.
pub(super) fn check(settings: &Optimizer, mutant: Option<Mutant>) -> Result<(), Refused> {
    let beta = |x: f64| match mutant {
        Some(Mutant::BetaOneAccepted) => (0.0..=1.0).contains(&x),
        Some(Mutant::NegativeAccepted) => x < 1.0,
        Some(Mutant::NanAccepted) => x.is_nan() || (0.0..1.0).contains(&x),
        _ => (0.0..1.0).contains(&x), // S18
    };
    let rate = |x: f64| match mutant {
        Some(Mutant::NegativeAccepted) => x.is_finite(),
        Some(Mutant::NanAccepted) => x.is_nan() || (x >= 0.0 && x.is_finite()),
        _ => x >= 0.0 && x.is_finite(), // S18
    };
    let [beta1, beta2] = settings.betas;
    let unless = |valid: bool, name, value| match valid {
        true => Ok(()),
        false => Err(Refused::Hyperparameter { name, value }),
    };
    unless(rate(settings.lr), "lr", settings.lr)?;
    unless(beta(beta1), "beta1", beta1)?;
    unless(beta(beta2), "beta2", beta2)?;
    unless(rate(settings.eps), "eps", settings.eps)?;
    unless(rate(settings.weight_decay), "weight_decay", settings.weight_decay)
}

/// S15: no step along a gradient whose layer was never observed.
pub(super) fn check_observed<S: Scalar>(
    layers: &[Layer<S>],
    gradients: &Arrays<S>,
    mutant: Option<Mutant>,
) -> Result<(), Refused> {
    let unobserved =
        |layer: &&Layer<S>| layer.observations == 0 && gradients.contains_key(&layer.weight());
    match (mutant, layers.iter().find(unobserved)) {
        (Some(Mutant::UnobservedAccepted), _) | (_, None) => Ok(()),
        (_, Some(layer)) => Err(Refused::Unobserved { layer: layer.name.clone() }),
    }
}
