//! What a failing port looks like: a mistake of the catalogue on a small case.

use super::failures::card;
use crate::bounds::sample;
use crate::judge::judge_own_state;
use crate::mistakes::{Catalogue, Mutant};
use crate::report::Finding;
use crate::slow;
use fixtures::Case;
use maud::{Markup, html};

/// A small case, compiled in: a program that was carried elsewhere has no corpus beside it.
const CASE: &str = include_str!("../../../../fixtures/corpus/official/mlp-bias.case.json");

/// A mistake that many a port begins with.
const MISTAKE: Mutant = Mutant::EpsilonInsideRoot;

pub fn section() -> Markup {
    html! {
        section id="example" {
            h2 { "What a failing port looks like" }
            p {
                "A port that computes everything right but one line, here with " strong { (MISTAKE.what()) }
                ", on the case " code { "mlp-bias" } ". Stages stand in the order in which a fault spreads: the "
                "first that turns red stands closest to the mistake, and what comes before it is right."
            }
            (card(&[&finding()], &[], false, true))
        }
    }
}

fn finding() -> Finding {
    let case = Case::from_json(CASE.as_bytes()).expect("a committed case");
    let (bounds, trace) = (sample(&case), slow::trace::<f64>(&case, Some(MISTAKE)));
    let judgement = judge_own_state(&case, &trace, &bounds).expect("a valid case");
    let diagnosis = Catalogue::of(&case).diagnose(&trace, &bounds);
    Finding::judged(&case, "a port", None, &judgement, Some(&diagnosis))
}
