//! A scenario: a script of calls with what has to come out of them.

use super::engine::Engine;
use super::script::{Script, Unmet};

/// A script of calls with what has to come out of them.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// A permanent slug.
    pub name: &'static str,
    /// Ids of the clauses that it tests.
    pub clauses: &'static [&'static str],
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    pub(super) script: fn(&mut Script) -> Result<(), Unmet>,
}

impl Scenario {
    /// Runs the script on an engine.
    ///
    /// # Errors
    /// The first expectation that is not met.
    pub fn run(&self, engine: Engine) -> Result<(), Unmet> {
        (self.script)(&mut Script::new(engine))
    }
}
