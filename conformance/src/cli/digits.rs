//! The part of `run` that trains on digits.

use super::line;
use super::progress::progress;
use conformance::ReplayMode;
use conformance::report::{Trial, Verdict, summary};
use conformance::scenarios::digits::{Outcome, Recipe, TwinOutcome, train};
use fixtures::Dtype;
use fixtures::digits::Digits;
use std::io::{self, Write};
use std::time::Instant;

/// Trains a recipe and prints its line.
pub fn run(out: &mut impl Write, recipe: &Recipe) -> io::Result<Trial> {
    let start = Instant::now();
    let digits = Digits::load();
    let bar = progress(recipe.name, recipe.steps(&digits).len());
    let trained = train(recipe, &digits, || bar.inc(1));
    bar.finish_and_clear();
    let (verdict, message) = match &trained {
        Ok(outcome) => describe(recipe, outcome),
        Err(error) => (Verdict::Fails, format!("{error:#}")),
    };
    let subject = if cfg!(feature = "tch") { "both" } else { "reference" };
    let (name, subject) = (recipe.name.to_owned(), subject.to_owned());
    let (dtype, took) = (Dtype::Float64, start.elapsed());
    let trial = Trial { name, subject, dtype, verdict, message, took };
    line::trial(out, &trial, ReplayMode::Free.name())?;
    Ok(trial)
}

fn describe(recipe: &Recipe, outcome: &Outcome) -> (Verdict, String) {
    let Outcome { accuracy, twin } = outcome;
    let learned = format!("{accuracy:.1} % of held-back digits right");
    if !(*accuracy >= recipe.accuracy) {
        let expected = format!("{learned}, at least {:.1} % expected", recipe.accuracy);
        return (Verdict::Diverges, expected);
    }
    match twin {
        None => (Verdict::Conforms, learned),
        Some(TwinOutcome { judgement, drift }) => {
            let verdict = if judgement.conforms() { Verdict::Conforms } else { Verdict::Diverges };
            let judged = summary(judgement);
            (verdict, format!("{judged}; {drift:.1e} apart at the end; {learned}"))
        }
    }
}
