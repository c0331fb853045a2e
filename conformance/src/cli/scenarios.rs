//! The part of `run` that plays scenarios.

use super::text;
use conformance::report::{Listed, Trial, Verdict};
use conformance::scenarios::{Engine, Scenario};
use std::io::{self, Write};

/// Plays a scenario on an engine and prints its line.
pub fn run(out: &mut impl Write, scenario: &Scenario, engine: Engine) -> io::Result<Trial> {
    let (verdict, message) = match scenario.run(engine) {
        Ok(()) => (Verdict::Conforms, format!("clauses {}", scenario.clauses.join(", "))),
        Err(unmet) => (Verdict::Diverges, unmet.to_string()),
    };
    let dtype = text::dtype(engine.dtype());
    let (style, mark) = text::mark(verdict, Listed::No);
    let name = scenario.name;
    writeln!(out, "{style}{mark:8}{style:#} {name:28} {engine:9} {dtype:7} script {message}")?;
    let (name, subject) = (name.to_owned(), engine.to_string());
    Ok(Trial { name, subject, dtype: dtype.to_owned(), verdict, message })
}
