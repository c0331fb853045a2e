//! What the optimizer refuses (S15, S18).

use super::layer::Layer;
use super::rates::Rates;
use crate::mistakes::Mutant;
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

/// S18: `0 ≤ β < 1`, `ε ≥ 0`, and `η ≥ 0` and `λ ≥ 0` of every group, all finite.
pub(super) fn check(settings: &Optimizer, mutant: Option<Mutant>) -> Result<(), Refused> {
    let beta = |x: f64| match mutant {
        Some(Mutant::BetaOneAccepted) => (0.0..=1.0).contains(&x),
        Some(Mutant::NegativeAccepted) => x < 1.0,
        Some(Mutant::NanAccepted) => x.is_nan() || (0.0..1.0).contains(&x),
        _ => (0.0..1.0).contains(&x), // S18
    };
    let [beta1, beta2] = settings.betas;
    unless(beta(beta1), "beta1", beta1)?;
    unless(beta(beta2), "beta2", beta2)?;
    check_rate("eps", settings.eps, mutant)?;
    let own = settings.groups.iter().map(|group| (group.lr, group.weight_decay));
    for (lr, decay) in own.chain([(Some(settings.lr), Some(settings.weight_decay))]) {
        lr.map_or(Ok(()), |lr| check_rate("lr", lr, mutant))?;
        decay.map_or(Ok(()), |decay| check_rate("weight_decay", decay, mutant))?;
    }
    Ok(())
}

/// S18: what a step's own rate makes of every parameter's `η` (S14).
pub(super) fn check_rates<'n>(
    parameters: impl IntoIterator<Item = &'n String>,
    rates: &Rates,
) -> Result<(), Refused> {
    parameters.into_iter().try_for_each(|name| check_rate("lr", rates.of(name).0, rates.mutant))
}

fn check_rate(name: &'static str, x: f64, mutant: Option<Mutant>) -> Result<(), Refused> {
    let valid = match mutant {
        Some(Mutant::NegativeAccepted) => x.is_finite(),
        Some(Mutant::NanAccepted) => x.is_nan() || (x >= 0.0 && x.is_finite()),
        _ => x >= 0.0 && x.is_finite(), // S18
    };
    unless(valid, name, x)
}

fn unless(valid: bool, name: &'static str, value: f64) -> Result<(), Refused> {
    if valid { Ok(()) } else { Err(Refused::Hyperparameter { name, value }) }
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
