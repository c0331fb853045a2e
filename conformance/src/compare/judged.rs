//! A deviation against the bound that it is held to.

use super::basis::Basis;
use super::deviation::Deviation;
use super::roundoff::unit_in_last_place;
use super::stage::{Measure, Stage};
use fixtures::Dtype;
use std::fmt;

/// A deviation with the bound that it is held against.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The largest deviation of an array.
    pub deviation: Deviation,
    /// Its bound, in the same measure.
    pub bound: f64,
    /// `|got − expected|` in units in the last place of the expected value, in the subject's dtype.
    pub ulps: f64,
}

impl Judged {
    /// Judges a deviation of a subject that computes in `dtype`.
    #[must_use]
    pub fn new(deviation: Deviation, bound: f64, dtype: Dtype) -> Self {
        let Deviation { expected, got, .. } = deviation;
        let ulps = match (got - expected).abs() / unit_in_last_place(expected, dtype) {
            _ if got == expected || (got.is_nan() && expected.is_nan()) => 0.0,
            ulps if ulps.is_nan() => f64::INFINITY,
            ulps => ulps,
        };
        Self { deviation, bound, ulps }
    }

    /// Whether the deviation lies within the bound; never true for NaN.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.deviation.error <= self.bound
    }

    /// The deviation as a multiple of its bound.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        if self.deviation.error == 0.0 { 0.0 } else { self.deviation.error / self.bound }
    }
}

/// `…: expected 1.0 (from the trace's own ema), got 1.1; error 1.0e-1, 4.5e14 ulp, bound 1.0e-15
/// (absolute); clauses S7, S8`; of a count, `…: expected 2 (over the whole trajectory), got 1;
/// clauses S2, S17`.
impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Judged { deviation, bound, ulps } = self;
        let Deviation { expected, got, error, address, basis, .. } = deviation;
        let stage = address.stage;
        let source = basis.source(stage);
        if stage.is_count() {
            write!(f, "{deviation}: expected {expected} ({source}), got {got}; ")?;
            return write!(f, "clauses {}", stage.clauses().join(", "));
        }
        write!(f, "{deviation}: expected {expected:?} ({source}), got {got:?}; ")?;
        let measure = match (basis, stage.measure()) {
            (Basis::OwnStages, _) => "absolute",
            (_, Measure::OfLargest) => "relative to the largest of its array",
            (_, Measure::OfItself) => "relative to the value itself",
            (_, Measure::OfInputs) => "as an error of the layer's inputs, relative to the largest",
        };
        write!(f, "error {error:.1e}, {ulps:.1e} ulp, bound {bound:.1e} ({measure}); ")?;
        match stage.clauses() {
            [] => f.write_str("of the network")?,
            clauses => write!(f, "clauses {}", clauses.join(", "))?,
        }
        match stage {
            Stage::MeanSquare => f.write_str(", or of the network before the layer"),
            Stage::Gradient => f.write_str(", or of the network's backward"),
            _ => Ok(()),
        }
    }
}
