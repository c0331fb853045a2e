//! Words that several outputs share.

use super::point::Point;
use crate::compare::{Basis, Measure, ReplayMode};

/// What matches no mistake of the catalogue.
pub const UNKNOWN: &str =
    "matches no known mistake (the catalogue covers only the optimizer and its statistics)";

/// The name of a mode, or of what `check` does.
pub fn mode(mode: Option<ReplayMode>) -> &'static str {
    mode.map_or("check", ReplayMode::name)
}

/// What the error of a point is relative to.
pub fn measure(point: &Point) -> &'static str {
    match (point.judged, point.stage.measure()) {
        (Basis::OwnStages, _) => "absolute",
        (_, Measure::OfLargest) => "relative to the largest of its array",
        (_, Measure::OfItself) => "relative to the value itself",
        (_, Measure::OfInputs) => "as an error of the layer's inputs, relative to the largest",
    }
}

/// `1 case`, `2 cases`
pub fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
