//! The room that one bound leaves.

use crate::compare::{Address, Stage, unit_roundoff};
use fixtures::Dtype;
use std::fmt;

/// The stages whose bounds are sampled and nothing else: those of the network. The optimizer's own
/// stages are judged stage by stage as well, within derived bounds.
pub const STAGES: [Stage; 6] = [
    Stage::MeanSquare,
    Stage::Outputs,
    Stage::Losses,
    Stage::Buffers,
    Stage::Gradient,
    Stage::PlainGradients,
];

/// A bound beside the worst error of honest engines.
#[derive(Clone, Debug, PartialEq)]
pub struct Room {
    /// The case.
    pub case: String,
    /// What the engines computed in.
    pub dtype: Dtype,
    /// The array.
    pub address: Address,
    /// Its bound, for single steps.
    pub bound: f64,
    /// The worst error of an honest engine, in the same measure.
    pub worst: f64,
}

impl Room {
    /// Whether every honest engine computes the very value that is expected.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.worst == 0.0
    }

    /// Whether every honest engine lies within the bound; never true for NaN.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.worst <= self.bound
    }

    /// The bound divided by the worst error, where an error below one unit roundoff counts as one.
    ///
    /// Every measure is relative, and a value of the subject's dtype stands for all numbers within
    /// one unit roundoff of it: an error below that is the luck of these values, such as an array
    /// of one loss that happens to be rounded well, and no property of the engine.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.bound / self.worst.max(unit_roundoff(self.dtype))
    }

    /// The bound in units roundoff.
    #[must_use]
    pub fn units(&self) -> f64 {
        self.bound / unit_roundoff(self.dtype)
    }
}

/// `2.0e-14 over 1.1e-16 (fc1 of mlp-bias)`.
impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:.1e} over {:.1e} (", self.bound, self.worst)?;
        if !self.address.name.is_empty() {
            write!(f, "{} of ", self.address.name)?;
        }
        write!(f, "{})", self.case)
    }
}
