//! What an error of a trace is held against.

use super::table::{Bounds, Origin};
use crate::compare::{Address, ReplayMode};
use fixtures::Dtype;

/// Bounds that are asked one by one, whether all are known or found as they are asked for.
///
/// The answers depend on the case and the question alone, not on what was asked before.
pub trait BoundSource: Send + Sync {
    /// How the bounds come about.
    fn origin(&self) -> Origin;

    /// The bound of an array, in its stage's measure; 0 for counts. `None` where there is none.
    fn bound(&self, dtype: Dtype, mode: ReplayMode, address: &Address) -> Option<f64>;

    /// What decides about an error of the array: a lower bound if the error lies within it, else
    /// the bound.
    fn deciding(
        &self,
        dtype: Dtype,
        mode: ReplayMode,
        address: &Address,
        _error: f64,
    ) -> Option<f64> {
        self.bound(dtype, mode, address)
    }

    /// Whether an error of the array lies within its bound, or there is none.
    fn allows(&self, dtype: Dtype, mode: ReplayMode, address: &Address, error: f64) -> bool {
        self.bound(dtype, mode, address).is_none_or(|bound| error <= bound)
    }
}

impl BoundSource for Bounds {
    fn origin(&self) -> Origin {
        self.origin
    }

    fn bound(&self, dtype: Dtype, mode: ReplayMode, address: &Address) -> Option<f64> {
        self.of(dtype, mode, address)
    }
}
