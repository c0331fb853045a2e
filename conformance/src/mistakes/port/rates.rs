//! Rates of a parameter in a step, and how much of it the decay leaves (S12, S14).

use super::Mutant;
use fixtures::Optimizer;

/// What a parameter has of its own.
#[derive(Clone, Copy)]
pub struct Rates {
    /// `η`
    pub lr: f64,
    /// `η` without a schedule.
    base: f64,
    /// `λ`
    pub decay: f64,
}

/// The rate that a step gives, if any; `before` is the last that a step gave, skipped or not.
pub fn scheduled(mutant: Option<Mutant>, given: Option<f64>, before: Option<f64>) -> Option<f64> {
    match mutant {
        Some(Mutant::ScheduleIgnored) => None,
        Some(Mutant::ScheduleSticks) => given.or(before),
        _ => given,
    }
}

impl Rates {
    /// The rates of a parameter (S14).
    pub fn new(
        mutant: Option<Mutant>,
        optimizer: &Optimizer,
        name: &str,
        scheduled: Option<f64>,
    ) -> Self {
        let name = match (mutant, name.strip_suffix(".bias")) {
            (Some(Mutant::BiasInWeightsGroup), Some(layer)) => format!("{layer}.weight"),
            _ => name.to_owned(),
        };
        let group = optimizer.groups.iter().find(|group| group.parameters.contains(&name));
        let own = match mutant {
            Some(Mutant::GroupRatesIgnored) => None,
            _ => group.and_then(|group| group.lr),
        };
        let decay = match mutant {
            Some(Mutant::GroupDecaysIgnored) => None,
            _ => group.and_then(|group| group.weight_decay),
        };
        let base = own.unwrap_or(optimizer.lr);
        let lr = match (scheduled, own) {
            (None, _) => base,
            (Some(r), None) => r,
            (Some(r), Some(g)) => match mutant {
                Some(Mutant::ScheduleOverridesGroups) => r,
                Some(Mutant::ScheduleSparesGroups) => g,
                _ => r * g / optimizer.lr,
            },
        };
        Self { lr, base, decay: decay.unwrap_or(optimizer.weight_decay) }
    }

    /// The factor `1 − η·λ` of the decay (S12); `plain`: outside the preconditioned layers.
    pub fn kept(self, mutant: Option<Mutant>, name: &str, plain: bool) -> f64 {
        let Self { lr, base, decay } = self;
        match mutant {
            // Coupled decay is in the gradient, and not here again.
            Some(Mutant::DecayAbsent | Mutant::DecayCoupled) => 1.0,
            Some(Mutant::DecayWithoutRate) => 1.0 - decay,
            Some(Mutant::DecayAtBaseRate) => 1.0 - base * decay,
            Some(Mutant::DecaySquared) => (1.0 - lr * decay).powi(2),
            Some(Mutant::DecayOnWeightsOnly) if name.ends_with(".bias") => 1.0,
            Some(Mutant::PlainDecayAbsent) if plain => 1.0,
            _ => 1.0 - lr * decay,
        }
    }
}
