//! A finding in a sentence, for people. (The wording of `message` in `adaact.report/1` never changes.)

use super::finding::Finding;
use super::point::Point;
use super::words::measure;
use crate::compare::Stage;
use std::fmt;

impl Finding {
    /// The finding in a sentence: of a divergence, where it is, by how much, and what to read.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.divergence {
            Some(point) => Divergence(point).to_string(),
            None => self.message.clone(),
        }
    }
}

/// `steps[0], layer fc1, stage scale, index [1]: expected 1.0 (from the trace's own ema), got 1.1;
/// error 1.0e-1, 4.5e14 ulp, bound 1.0e-15 (absolute); see S7, S8`
struct Divergence<'p>(&'p Point);

impl fmt::Display for Divergence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Point { stage, expected, got, error, computed, ulps, bound, .. } = self.0;
        self.place(f)?;
        if stage.is_count() {
            write!(f, ": expected {} ({computed}), got {}", expected.0, got.0)?;
        } else {
            write!(f, ": expected {:?} ({computed}), got {:?}", expected.0, got.0)?;
            write!(f, "; error {:.1e}", error.0)?;
            if let (Some(ulps), Some(bound)) = (ulps, bound) {
                write!(f, ", {:.1e} ulp, bound {:.1e} ({})", ulps.0, bound.0, measure(self.0))?;
            }
        }
        self.advice(f)
    }
}

impl Divergence<'_> {
    fn place(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Point { step, stage, name, occurrence, index, .. } = self.0;
        write!(f, "steps[{step}], ")?;
        match stage {
            Stage::Outputs | Stage::Losses | Stage::Step => {}
            Stage::Buffers => write!(f, "buffer {name}, ")?,
            Stage::PlainGradients | Stage::Parameters => write!(f, "parameter {name}, ")?,
            _ => write!(f, "layer {name}, ")?,
        }
        write!(f, "stage {stage}")?;
        match (stage, occurrence) {
            (Stage::MeanSquare, Some(nth)) => write!(f, ", observation {nth}")?,
            (_, Some(nth)) => write!(f, ", forward {nth}")?,
            (_, None) => {}
        }
        if !index.is_empty() {
            write!(f, ", index {index:?}")?;
        }
        Ok(())
    }

    fn advice(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Point { stage, clauses, .. } = self.0;
        match clauses {
            [] => return f.write_str("; the fault lies in the network"),
            clauses => write!(f, "; see {}", clauses.join(", "))?,
        }
        match stage {
            Stage::MeanSquare => {
                f.write_str("; or the fault lies in the network before this layer")
            }
            Stage::Gradient => f.write_str("; or the fault lies in the network's backward"),
            _ => Ok(()),
        }
    }
}
