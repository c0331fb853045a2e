//! All scenarios, and which of them detect a mistake.

use super::engine::Engine;
use super::scenario::Scenario;
use super::script::Unmet;
use super::{absent, frozen, refused};
use fixtures::Dtype;
use mistakes::Mistake;

impl Scenario {
    /// All scenarios; the order is that of the clauses.
    pub fn all() -> impl Iterator<Item = &'static Scenario> {
        [frozen::SCENARIOS, absent::SCENARIOS, refused::SCENARIOS].into_iter().flatten()
    }
}

/// A scenario that detects a mistake.
#[derive(Clone, Debug)]
pub struct Noticed {
    /// The scenario's name.
    pub scenario: &'static str,
    /// By what.
    pub by: Unmet,
}

/// The scenarios that the slow copy with this mistake fails, in float64.
#[must_use]
pub fn noticed(mistake: &'static Mistake) -> Vec<Noticed> {
    let engine = Engine::Slow { mistake: Some(mistake), dtype: Dtype::Float64 };
    let notice = |scenario: &Scenario| {
        let by = scenario.run(engine).err()?;
        Some(Noticed { scenario: scenario.name, by })
    };
    Scenario::all().filter_map(notice).collect()
}
