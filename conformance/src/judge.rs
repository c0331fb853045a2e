//! Comparisons against bounds: the verdict on a trace.

use crate::bounds::{ReplayMode, bound};
use crate::compare::{Deviation, StepComparison};
use crate::stage::{Measure, Stage};
use fixtures::Dtype;
use std::collections::BTreeSet;
use std::fmt;

/// A deviation with the bound that it is held against.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The largest deviation of an array.
    pub deviation: Deviation,
    /// The bound of its stage.
    pub bound: f64,
}

/// What is known of a subject's run of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// What the subject computed in; decides the bounds.
    pub dtype: Dtype,
    /// What was compared.
    pub mode: ReplayMode,
    /// The number of steps compared.
    pub steps: usize,
    /// The deviation that is largest against its bound.
    pub largest: Option<Judged>,
    /// The first deviation beyond its bound, in the order of report.
    pub divergence: Option<Judged>,
    /// Stages that could not be compared, or not everywhere.
    pub not_judged: BTreeSet<Stage>,
}

impl Judged {
    /// Whether the deviation lies within the bound; never true for NaN.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.deviation.error <= self.bound
    }

    /// The deviation as a multiple of its bound.
    fn ratio(&self) -> f64 {
        if self.deviation.error == 0.0 { 0.0 } else { self.deviation.error / self.bound }
    }
}

impl Judgement {
    /// Judges the comparisons of a run's steps, in order.
    #[must_use]
    pub fn new(
        dtype: Dtype,
        mode: ReplayMode,
        comparisons: impl IntoIterator<Item = StepComparison>,
    ) -> Self {
        let mut judgement = Self {
            dtype,
            mode,
            steps: 0,
            largest: None,
            divergence: None,
            not_judged: BTreeSet::new(),
        };
        for comparison in comparisons {
            judgement.steps += 1;
            judgement.not_judged.extend(comparison.not_judged);
            for deviation in comparison.deviations {
                judgement.add(deviation);
            }
        }
        judgement
    }

    fn add(&mut self, deviation: Deviation) {
        let judged =
            Judged { bound: bound(self.dtype, self.mode, deviation.address.stage), deviation };
        if self.divergence.is_none() && !judged.conforms() {
            self.divergence = Some(judged.clone());
        }
        if self.largest.as_ref().is_none_or(|largest| judged.ratio() > largest.ratio()) {
            self.largest = Some(judged);
        }
    }

    /// Whether every compared array lies within its bound.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.divergence.is_none()
    }
}

/// `steps[2], layer fc1, stage scale, index [3]`.
impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Deviation { step, address, index, .. } = self;
        write!(f, "steps[{step}], ")?;
        match address.stage {
            Stage::Outputs | Stage::Losses | Stage::Step => {}
            Stage::Buffers => write!(f, "buffer {}, ", address.name)?,
            Stage::PlainGradients | Stage::Parameters => write!(f, "parameter {}, ", address.name)?,
            _ => write!(f, "layer {}, ", address.name)?,
        }
        write!(f, "stage {}", address.stage)?;
        match (address.stage, address.occurrence) {
            (Stage::MeanSquare, Some(nth)) => write!(f, ", observation {nth}")?,
            (_, Some(nth)) => write!(f, ", forward {nth}")?,
            (_, None) => {}
        }
        if !index.is_empty() {
            write!(f, ", index {index:?}")?;
        }
        Ok(())
    }
}

/// `…: expected 1.0, got 1.1; error 1e-1, bound 1e-12 (relative to the value itself)`.
impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Judged { deviation, bound } = self;
        let Deviation { expected, got, error, address, .. } = deviation;
        write!(f, "{deviation}: expected {expected:?}, got {got:?}; ")?;
        let measure = match address.stage.measure() {
            Measure::OfLargest => "relative to the largest of its array",
            Measure::OfItself => "relative to the value itself",
            Measure::OfInputs => "as an error of the layer's inputs, relative to the largest",
        };
        write!(f, "error {error:.1e}, bound {bound:.0e} ({measure})")
    }
}
