//! A build without libtorch: nobody trains beside the reference.

use super::outcome::TwinOutcome;
use crate::bounds::Bounds;
use anyhow::Result;
use fixtures::{Case, Step};

/// Nobody: built without libtorch.
pub(super) struct Twin;

#[expect(clippy::unnecessary_wraps, reason = "the shape of the twin on libtorch")]
impl Twin {
    pub fn start(_: &Case) -> Result<Self> {
        Ok(Self)
    }

    pub fn step(&mut self, _: &Step) -> Result<()> {
        Ok(())
    }

    pub fn judge(
        self,
        _: &Case,
        _: &Bounds,
        _: &reference::Session,
    ) -> Result<Option<TwinOutcome>> {
        Ok(None)
    }
}
