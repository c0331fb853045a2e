//! The part of `run` that trains on digits.

use super::text::{self, Mark};
use conformance::ReplayMode;
use conformance::digits::{Outcome, Recipe, TwinOutcome, train};
use fixtures::digits::Digits;
use std::io::{self, Write};

/// Trains a recipe and prints its line.
pub fn run(out: &mut impl Write, recipe: &Recipe) -> io::Result<Mark> {
    let digits = Digits::load();
    let bar = text::progress(recipe.name, recipe.steps(&digits).len());
    let trained = train(recipe, &digits, || bar.inc(1));
    bar.finish_and_clear();
    let (mark, what) = match &trained {
        Ok(outcome) => describe(recipe, outcome),
        Err(error) => (Mark::Fails, format!("{error:#}")),
    };
    let subject = if cfg!(feature = "tch") { "both" } else { "reference" };
    let line = text::line(mark, recipe.name, subject, "float64", ReplayMode::Free, &what);
    writeln!(out, "{line}")?;
    Ok(mark)
}

fn describe(recipe: &Recipe, outcome: &Outcome) -> (Mark, String) {
    let Outcome { accuracy, twin } = outcome;
    let learned = format!("{accuracy:.1} % of held-back digits right");
    if !(*accuracy >= recipe.accuracy) {
        return (Mark::Diverges, format!("{learned}, at least {:.1} % expected", recipe.accuracy));
    }
    match twin {
        None => (Mark::Ok, learned),
        Some(TwinOutcome { judgement, drift }) => {
            let (mark, what) = text::judgement(judgement);
            (mark, format!("{what}; {drift:.1e} apart at the end; {learned}"))
        }
    }
}
