//! Bounds that grow by samples along the other side of a kink.

use super::sample::{MULTIPLE, widen};
use super::source::BoundSource;
use super::table::{ByStage, Origin};
use crate::compare::{Address, ReplayMode};
use fixtures::{Case, Dtype};
use slow::Spread;
use std::collections::BTreeMap;

/// The larger of given bounds and those of samples.
pub(crate) struct Widened<'b> {
    given: &'b dyn BoundSource,
    by: BTreeMap<(Dtype, ReplayMode), ByStage>,
}

impl<'b> Widened<'b> {
    /// The given bounds, as they are so far.
    pub fn from(given: &'b dyn BoundSource) -> Self {
        Self { given, by: BTreeMap::new() }
    }

    /// Widens the bounds by samples of a case.
    pub fn widen(&mut self, case: &Case, dtype: Dtype, mode: ReplayMode, spread: &Spread) {
        let stages = self.by.entry((dtype, mode)).or_default();
        for (sample, _) in &spread.samples {
            widen(stages, case, dtype, MULTIPLE, &spread.centre.0, sample);
        }
    }

    /// The larger of a given bound and that of the samples.
    fn larger(
        &self,
        given: Option<f64>,
        dtype: Dtype,
        mode: ReplayMode,
        address: &Address,
    ) -> Option<f64> {
        let by = self.by.get(&(dtype, mode)).map_or(0.0, |stages| stages.of(address));
        given.map(|given| given.max(by))
    }
}

impl BoundSource for Widened<'_> {
    fn origin(&self) -> Origin {
        self.given.origin()
    }

    fn bound(&self, dtype: Dtype, mode: ReplayMode, address: &Address) -> Option<f64> {
        self.larger(self.given.bound(dtype, mode, address), dtype, mode, address)
    }

    fn deciding(
        &self,
        dtype: Dtype,
        mode: ReplayMode,
        address: &Address,
        error: f64,
    ) -> Option<f64> {
        self.larger(self.given.deciding(dtype, mode, address, error), dtype, mode, address)
    }
}
