//! Scenarios: what no case file can say, as small scripts of calls on an optimizer.
//!
//! In a case every parameter has a gradient, every layer is observed, and every hyperparameter is
//! valid. Absent gradients and layers never observed (S15), frozen parameters (S1) and refused
//! values (S18) are said here. A scenario runs on each [`Engine`]: the slow copy, with a mutant or
//! without, the reference, and libtorch. What has to come out is worked out from the clause, with
//! numbers that are exact or nearly so.

mod absent;
pub mod digits;
mod engine;
mod frozen;
mod refused;
mod script;
mod setup;

pub use engine::{Engine, Refusal, Training};
pub use script::{Script, Unmet};
pub use setup::Setup;

use crate::mistakes::Mutant;
use fixtures::Dtype;

/// A script of calls with what has to come out of them.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// A permanent slug.
    pub name: &'static str,
    /// Ids of the clauses that it holds an implementation to.
    pub clauses: &'static [&'static str],
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    script: fn(&mut Script) -> Result<(), Unmet>,
}

impl Scenario {
    /// All scenarios; the order is that of the clauses.
    pub fn all() -> impl Iterator<Item = &'static Scenario> {
        [frozen::SCENARIOS, absent::SCENARIOS, refused::SCENARIOS].into_iter().flatten()
    }

    /// Runs the script on an engine.
    ///
    /// # Errors
    /// The first expectation that is not met.
    pub fn run(&self, engine: Engine) -> Result<(), Unmet> {
        (self.script)(&mut Script::new(engine))
    }
}

/// A scenario that notices a mutant.
#[derive(Clone, Debug)]
pub struct Noticed {
    /// The scenario's name.
    pub scenario: &'static str,
    /// By what.
    pub by: Unmet,
}

/// The scenarios that the slow copy with this mutant fails, in float64.
#[must_use]
pub fn noticed(mutant: Mutant) -> Vec<Noticed> {
    let engine = Engine::Slow { mutant: Some(mutant), dtype: Dtype::Float64 };
    let notice = |scenario: &Scenario| {
        let by = scenario.run(engine).err()?;
        Some(Noticed { scenario: scenario.name, by })
    };
    Scenario::all().filter_map(notice).collect()
}
