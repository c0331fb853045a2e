//! The part of `run` that trains on digits.

use super::text;
use conformance::ReplayMode;
use conformance::report::{Listed, Trial, Verdict, summary};
use conformance::scenarios::digits::{Outcome, Recipe, TwinOutcome, train};
use fixtures::digits::Digits;
use std::io::{self, Write};

/// Trains a recipe and prints its line.
pub fn run(out: &mut impl Write, recipe: &Recipe) -> io::Result<Trial> {
    let digits = Digits::load();
    let bar = text::progress(recipe.name, recipe.steps(&digits).len());
    let trained = train(recipe, &digits, || bar.inc(1));
    bar.finish_and_clear();
    let (verdict, message) = match &trained {
        Ok(outcome) => describe(recipe, outcome),
        Err(error) => (Verdict::Fails, format!("{error:#}")),
    };
    let subject = if cfg!(feature = "tch") { "both" } else { "reference" };
    let (dtype, mark) = ("float64", text::mark(verdict, Listed::No));
    let line = text::line(mark, recipe.name, subject, dtype, ReplayMode::Free, &message);
    writeln!(out, "{line}")?;
    let [name, subject, dtype] = [recipe.name, subject, dtype].map(str::to_owned);
    Ok(Trial { name, subject, dtype, verdict, message })
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
