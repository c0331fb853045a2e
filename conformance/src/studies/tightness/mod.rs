//! How much room the sampled bounds leave: each against the worst error of honest engines.
//!
//! A bound that is far above what any honest engine does would hide faults. So every array of the
//! network's stages is computed by libtorch in several ways that differ by nothing but rounding
//! ([`Engine`]), each step from the golden state before it; and the [`Room`] of the array is its
//! bound divided by the worst error among these.

mod engine;
mod room;
mod summary;

use crate::bounds::Bounds;
use crate::compare::{Basis, ReplayMode, Stage, compare_step, single_steps};
use anyhow::Result;
pub use engine::Engine;
use fixtures::{Case, Dtype, Trace};
pub use room::Room;
use std::collections::BTreeMap;
pub use summary::{MAXIMUM, MEDIAN, Summary, summarize};

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
