//! What a failing port looks like: a mistake of the catalogue on a small case.

use super::card::Card;
use crate::bounds::sample;
use crate::diagnosis::Catalogue;
use crate::judge::judge_own_state;
use crate::report::finding::Finding;
use fixtures::Case;
use maud::{Markup, html};
use mistakes::{Mistake, named};

/// A small case, compiled in: a program that was copied elsewhere has no corpus beside it.
const CASE: &str = include_str!("../../../../fixtures/corpus/official/mlp-bias.case.json");

/// A mistake that many ports begin with.
const MISTAKE: &str = "epsilon-inside-root";

pub fn section() -> Markup {
    let finding = finding();
    let card = Card { modes: &[&finding], all: &[], shows_subject: false, is_open: true };
    html! {
        section id="example" {
            h2 { "What a failing port looks like" }
            p {
                "A port with one wrong line, here " strong { (mistake().what) } ", on the case "
                code { "mlp-bias" } ". Stages are in the order in which an error spreads: the first red "
                "one is closest to the mistake, and everything before it is correct."
            }
            (card.markup())
        }
    }
}

fn mistake() -> &'static Mistake {
    named(MISTAKE).expect("a mistake of the catalogue")
}

fn finding() -> Finding {
    let case = Case::from_json(CASE.as_bytes()).expect("a committed case");
    let (bounds, trace) = (sample(&case), slow::trace::<f64>(&case, mistake()));
    let judgement = judge_own_state(&case, &trace, &bounds).expect("a valid case");
    let diagnosis = Catalogue::of(&case).diagnose(&trace, &bounds);
    Finding::judged(&case, "a port", None, &judgement, Some(&diagnosis))
}
