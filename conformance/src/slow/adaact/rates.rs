//! Rates by parameter, and the step that they make (S12–S14).

use super::Owner;
use crate::mistakes::Mutant;
use crate::slow::Scalar;
use fixtures::{Group, Optimizer};

/// `η` and `λ` of every parameter in one step.
pub struct Rates {
    pub settings: Optimizer,
    /// The schedule's rate in this step.
    pub lr: Option<f64>,
    pub mutant: Option<Mutant>,
}

impl Rates {
    /// `(η, λ)` of a parameter (S14).
    pub fn of(&self, parameter: &str) -> (f64, f64) {
        let settings = &self.settings;
        let weight = parameter.strip_suffix(".bias").map(|layer| format!("{layer}.weight"));
        let (lr, decay) = settings.rates(parameter, self.lr);
        match self.mutant {
            Some(Mutant::GroupRatesIgnored) => (self.lr.unwrap_or(settings.lr), decay),
            Some(Mutant::GroupDecaysIgnored) => (lr, settings.weight_decay),
            Some(Mutant::ScheduleOverridesGroups) => (self.lr.unwrap_or(lr), decay),
            Some(Mutant::ScheduleSparesGroups) => {
                (self.group(parameter).and_then(|group| group.lr).unwrap_or(lr), decay)
            }
            Some(Mutant::BiasInWeightsGroup) => {
                settings.rates(weight.as_deref().unwrap_or(parameter), self.lr)
            }
            _ => (lr, decay), // S14
        }
    }

    fn group(&self, parameter: &str) -> Option<&Group> {
        self.settings.groups.iter().find(|group| group.parameters.iter().any(|p| p == parameter))
    }

    /// `θ ← θ·(1 − η·λ)`, then `θ ← θ − η·U` (S12).
    pub(super) fn descend<S: Scalar>(&self, name: &str, theta: &mut [S], u: &[S], owner: Owner) {
        let (lr, decay) = self.of(name);
        let keep = 1.0 - lr * decay; // in float64, S7
        let keep = match self.mutant {
            Some(Mutant::DecayCoupled | Mutant::DecayAbsent) => 1.0,
            Some(Mutant::DecayWithoutRate) => 1.0 - decay,
            Some(Mutant::DecayAtBaseRate) => 1.0 - self.settings.rates(name, None).0 * decay,
            Some(Mutant::DecaySquared) => keep * keep,
            Some(Mutant::DecayOnWeightsOnly) if name.ends_with(".bias") => 1.0,
            Some(Mutant::PlainDecayAbsent) if owner == Owner::Plain => 1.0,
            _ => keep, // S12, S13: of every parameter
        };
        let (lr, keep) = (S::new(lr), S::new(keep));
        for (theta, &u) in theta.iter_mut().zip(u) {
            *theta = match self.mutant {
                Some(Mutant::DecayAfterStep) => (*theta - lr * u) * keep,
                Some(Mutant::SignReversed) => *theta * keep + lr * u,
                _ => *theta * keep - lr * u, // S12
            };
        }
    }
}
