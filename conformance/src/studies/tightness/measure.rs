//! Bounds against the worst error of honest engines, array by array.

use super::engine::Engine;
use super::room::{Room, STAGES};
use crate::bounds::Bounds;
use crate::compare::{Basis, ReplayMode, compare_step, single_steps};
use anyhow::Result;
use fixtures::{Case, Dtype, Trace};
use std::collections::BTreeMap;

/// The room of every array of the network's stages of a case, in the order of report.
///
/// An array that occurs in several steps, or several times in one, is one array: it has one bound.
/// Sets the number of threads of libtorch, for the process, and sets it back at the end.
///
/// # Errors
/// If libtorch refuses the case.
pub fn measure(case: &Case, golden: &Trace, bounds: &Bounds, dtype: Dtype) -> Result<Vec<Room>> {
    let cuts = single_steps(case, golden);
    let mut worst = BTreeMap::new();
    for engine in Engine::all() {
        let steps = engine.steps(&cuts, dtype)?;
        for ((cut, expected), got) in cuts.iter().zip(&golden.steps).zip(&steps) {
            for deviation in compare_step(cut, 0, Basis::GoldenState, expected, got).deviations {
                let mut address = deviation.address;
                address.occurrence = None;
                if STAGES.contains(&address.stage) {
                    let error: &mut f64 = worst.entry(address).or_default();
                    *error = error.max(deviation.error);
                }
            }
        }
    }
    let room = |(address, worst)| {
        let bound = bounds.of(dtype, ReplayMode::Forced, &address).expect("sampled bounds");
        Room { case: case.name.clone(), dtype, address, bound, worst }
    };
    Ok(worst.into_iter().map(room).collect())
}
