//! The part of `run` that plays scenarios.

use super::text::{self, Mark};
use conformance::scenarios::{Engine, Scenario};
use std::io::{self, Write};

/// Plays a scenario on an engine and prints its line.
pub fn run(out: &mut impl Write, scenario: &Scenario, engine: Engine) -> io::Result<Mark> {
    let (mark, word, what) = match scenario.run(engine) {
        Ok(()) => (Mark::Ok, "ok", format!("clauses {}", scenario.clauses.join(", "))),
        Err(unmet) => (Mark::Diverges, "DIVERGES", unmet.to_string()),
    };
    let dtype = text::dtype(engine.dtype());
    writeln!(out, "{word:8} {:28} {engine:9} {dtype:7} script {what}", scenario.name)?;
    Ok(mark)
}
