//! What a pair of runs says: by how much AdaAct is the better one.

use super::claims::{Claim, Kind};
use super::counted::Counted;
use super::pairing::Pair;

/// The advantage of AdaAct in one pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain {
    /// Larger is better for AdaAct, in the unit of the claim's kind; NaN if nothing can be said.
    pub value: f64,
    /// Why this pair cannot speak for the claim, whatever the value.
    pub obstacle: Option<String>,
}

impl Gain {
    /// Of a pair; `loss` is the training loss to reach, where the claim has one.
    #[must_use]
    pub fn of(claim: &Claim, loss: Option<f64>, pair: &Pair) -> Self {
        let diverged = || pair.diverged();
        match (claim.kind, loss) {
            (Kind::EpochsToLoss, Some(loss)) => epochs(loss, pair).or(diverged()),
            (Kind::EpochTime, _) => {
                // Of the logarithm, so that half as long and twice as long weigh the same.
                let value = (pair.other.seconds() / pair.adaact.seconds()).ln();
                let obstacle = value.is_nan().then(|| pair.tell("has an epoch without a time"));
                Self { value, obstacle }.or(diverged())
            }
            _ => {
                let value = pair.adaact.last_accuracy() - pair.other.last_accuracy();
                Self { value, obstacle: diverged() }
            }
        }
    }

    fn or(self, obstacle: Option<String>) -> Self {
        Self { obstacle: self.obstacle.or(obstacle), ..self }
    }
}

/// A loss that only one of both reached counts for the other as reached in the epoch after its
/// last. That is too early; so if the other is AdaAct, the pair cannot speak for the claim.
fn epochs(loss: f64, pair: &Pair) -> Gain {
    let [adaact, other] = [pair.adaact, pair.other].map(|run| run.epochs_to(loss));
    let value = |adaact: u64, other: u64| other as f64 - adaact as f64;
    let after = |run: &Counted| run.settings().epoch + 1;
    match (adaact, other) {
        (Some(adaact), Some(other)) => Gain { value: value(adaact, other), obstacle: None },
        (Some(adaact), None) => Gain { value: value(adaact, after(pair.other)), obstacle: None },
        (None, Some(other)) => {
            let obstacle = pair.tell(&format!("has adaact not reach the loss {loss}"));
            Gain { value: value(after(pair.adaact), other), obstacle: Some(obstacle) }
        }
        (None, None) => {
            let obstacle = pair.tell(&format!("has neither reach the loss {loss}"));
            Gain { value: f64::NAN, obstacle: Some(obstacle) }
        }
    }
}

impl Pair<'_> {
    fn diverged(&self) -> Option<String> {
        let run = [self.adaact, self.other].into_iter().find(|run| run.diverged())?;
        Some(self.tell(&format!("has {} diverge", run.settings().optim)))
    }

    fn tell(&self, what: &str) -> String {
        format!("seed {} {what}", self.adaact.settings().seed)
    }
}

impl Kind {
    /// The value that the mean gain has to be above.
    #[must_use]
    pub fn bound(self, margin: f64) -> f64 {
        match self {
            Kind::AccuracyAbove => margin,
            Kind::AccuracyAtLeast | Kind::EpochsToLoss => -margin,
            Kind::EpochTime => -margin.ln_1p(),
        }
    }

    /// What gains scatter by at least, since their terms are counted: the standard deviation of the
    /// difference of two values that were rounded to one of 10,000 images, or to an epoch.
    #[must_use]
    pub fn scatter(self) -> f64 {
        let unit = match self {
            Kind::AccuracyAbove | Kind::AccuracyAtLeast => 0.01,
            Kind::EpochsToLoss => 1.0,
            Kind::EpochTime => 0.0,
        };
        unit / 6f64.sqrt()
    }
}
