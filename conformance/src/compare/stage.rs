//! The stages of a step, and the measure in which each is judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One stage of a step, in the order of report: the first that fails stands closest to the fault.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// How often a layer's input was observed (S2, S17); the length of `mean_square`.
    Observations,
    /// `A`, the mean of squared inputs (S3–S5).
    MeanSquare,
    /// The model's output.
    Outputs,
    /// The unscaled loss.
    Losses,
    /// Running statistics of batch normalisation.
    Buffers,
    /// `V`, the moving average of `A` (S6).
    Ema,
    /// `t`, the number of completed steps (S7, S19).
    Step,
    /// `s = 1/(√V̂ + ε)` (S7, S8).
    Scale,
    /// `G`, the gradient of a preconditioned layer (S9).
    Gradient,
    /// The gradient of a plain parameter (S13).
    PlainGradients,
    /// `M`, the moving average of `G` (S10).
    Momentum,
    /// `U = M̂·s`, with `M̂ = M/(1 − β1ᵗ)` (S10, S11).
    Update,
    /// The parameters after decay and step (S12).
    Parameters,
}

/// How the distance of two arrays is measured; every measure is relative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// `|got − expected| / max |expected|`, with the maximum over the array.
    OfLargest,
    /// `|got − expected| / |expected|`, element by element.
    OfItself,
    /// The smallest error `δ` of the layer's inputs that explains the difference, from
    /// `|ΔA| = 2·√A·δ + δ²`, relative to the largest root mean square of an input column.
    ///
    /// A nearly dead unit honestly has a large error relative to itself; what bounds it is the
    /// rounding of the inputs.
    OfInputs,
}

impl Stage {
    /// All stages in the order of report.
    pub const ALL: [Stage; 13] = [
        Stage::Observations,
        Stage::MeanSquare,
        Stage::Outputs,
        Stage::Losses,
        Stage::Buffers,
        Stage::Ema,
        Stage::Step,
        Stage::Scale,
        Stage::Gradient,
        Stage::PlainGradients,
        Stage::Momentum,
        Stage::Update,
        Stage::Parameters,
    ];

    /// The measure that the stage is judged in.
    #[must_use]
    pub fn measure(self) -> Measure {
        match self {
            Stage::MeanSquare => Measure::OfInputs,
            Stage::Observations | Stage::Ema | Stage::Step | Stage::Scale => Measure::OfItself,
            _ => Measure::OfLargest,
        }
    }

    /// The clauses that the stage shows; none where it is the network's.
    #[must_use]
    pub fn clauses(self) -> &'static [&'static str] {
        match self {
            Stage::Observations => &["S2", "S17"],
            Stage::MeanSquare => &["S3", "S4", "S5"],
            Stage::Ema => &["S6"],
            Stage::Step => &["S7", "S19", "S20"],
            Stage::Scale => &["S7", "S8"],
            Stage::Gradient => &["S9"],
            Stage::Momentum => &["S10"],
            Stage::Update => &["S10", "S11"],
            Stage::Parameters => &["S12", "S13", "S14"],
            Stage::Outputs | Stage::Losses | Stage::Buffers | Stage::PlainGradients => &[],
        }
    }

    /// Whether the stage counts; counts have no rounding and have to be equal.
    #[must_use]
    pub fn is_count(self) -> bool {
        matches!(self, Stage::Observations | Stage::Step)
    }

    /// The name of the stage in the trace format.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Observations => "observations",
            Stage::MeanSquare => "mean_square",
            Stage::Outputs => "outputs",
            Stage::Losses => "losses",
            Stage::Buffers => "buffers",
            Stage::Ema => "ema",
            Stage::Step => "step",
            Stage::Scale => "scale",
            Stage::Gradient => "gradient",
            Stage::PlainGradients => "plain_gradients",
            Stage::Momentum => "momentum",
            Stage::Update => "update",
            Stage::Parameters => "parameters",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_of_the_format() {
        for stage in Stage::ALL {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.name());
        }
        assert_eq!(
            format!("{:6}|{}|", Stage::Ema, Stage::PlainGradients),
            "ema   |plain_gradients|"
        );
    }

    /// An array that spans magnitudes is measured element by element where each has a rounding of
    /// its own, and a sum by the largest of what it is summed from.
    #[test]
    fn stages_are_measured_by_what_they_are_computed_from() {
        let of = |measure| Stage::ALL.into_iter().filter(move |stage| stage.measure() == measure);
        let own: Vec<_> = of(Measure::OfItself).filter(|stage| !stage.is_count()).collect();
        assert_eq!(own, [Stage::Ema, Stage::Scale]);
        assert!(of(Measure::OfInputs).eq([Stage::MeanSquare]));
        let counts: Vec<_> = Stage::ALL.into_iter().filter(|stage| stage.is_count()).collect();
        assert_eq!(counts, [Stage::Observations, Stage::Step]);
        assert!(counts.iter().all(|stage| stage.measure() == Measure::OfItself));
    }

    #[test]
    fn every_clause_that_a_trace_shows_has_a_stage() {
        let mut clauses: Vec<u32> = Stage::ALL
            .into_iter()
            .flat_map(Stage::clauses)
            .map(|clause| clause[1..].parse().unwrap())
            .collect();
        clauses.sort_unstable();
        clauses.dedup();
        // S1, S15, S16 and S18 are laws about whole steps.
        let shown = (2..=14).chain([17, 19, 20]);
        assert_eq!(clauses, shown.collect::<Vec<_>>());
    }
}
