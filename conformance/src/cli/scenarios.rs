//! The part of `run` that runs scenarios.

use super::line;
use conformance::report::{Trial, Verdict};
use conformance::scenarios::{Engine, Scenario};
use std::io::{self, Write};
use std::time::Instant;

/// Runs a scenario on an engine and prints its line.
pub fn run(out: &mut impl Write, scenario: &Scenario, engine: Engine) -> io::Result<Trial> {
    let start = Instant::now();
    let (verdict, message) = match scenario.run(engine) {
        Ok(()) => (Verdict::Conforms, format!("clauses {}", scenario.clauses.join(", "))),
        Err(unmet) => (Verdict::Diverges, unmet.to_string()),
    };
    let (name, subject) = (scenario.name.to_owned(), engine.to_string());
    let (dtype, took) = (engine.dtype(), start.elapsed());
    let trial = Trial { name, subject, dtype, verdict, message, took };
    line::trial(out, &trial, "script")?;
    Ok(trial)
}
