//! The part of `run` that runs scenarios.

use super::line;
use conformance::report::{Trial, Verdict};
use conformance::scenarios::{Engine, Scenario};
use std::io::{self, Write};

/// Runs a scenario on an engine and prints its line.
pub fn run(out: &mut impl Write, scenario: &Scenario, engine: Engine) -> io::Result<Trial> {
    let (verdict, message) = match scenario.run(engine) {
        Ok(()) => (Verdict::Conforms, format!("clauses {}", scenario.clauses.join(", "))),
        Err(unmet) => (Verdict::Diverges, unmet.to_string()),
    };
    let (name, subject) = (scenario.name.to_owned(), engine.to_string());
    let trial = Trial { name, subject, dtype: engine.dtype(), verdict, message };
    line::trial(out, &trial, "script")?;
    Ok(trial)
}
