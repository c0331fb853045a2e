//! The verdict on the whole run in large, and what it is about.

use super::words;
use crate::report::document::Report;
use crate::report::suspect::Suspect;
use crate::report::tally::Tally;
use crate::report::words::UNKNOWN;
use maud::{Markup, html};

pub fn section(report: &Report, subjects: &str) -> Markup {
    let tally = report.tally();
    let (class, word) = overall(report, &tally);
    html! {
        p.verdict {
            code { (subjects) } " " strong class=(class) { (word) }
            @if report.passes() && tally.decline > 0 && tally.conform > 0 {
                " " span.quiet { "in what it does not decline" }
            }
        }
        dl.facts {
            (fact("cases", tally.cases, None))
            (fact("replays", tally.replays(), None))
            (fact("conform", tally.conform, None))
            (fact("diverge", tally.diverge, Some("#failures")))
            (fact("fail", tally.fail, Some("#failures")))
            (fact("declined", tally.decline, Some("#declined")))
            @if tally.expected > 0 { (fact("as expected", tally.expected, Some("#failures"))) }
            div { dt { "corpus" } dd { (report.corpus.version) } }
        }
        @for suspect in &report.suspects { p.looks { (looks(suspect)) } }
        @for untrue in &report.untrue { p.bad { (untrue) } }
    }
}

/// What a report comes to, in a colour and in words that say no more than was seen.
fn overall(report: &Report, tally: &Tally) -> (&'static str, &'static str) {
    match (report.passes(), tally.wrong()) {
        (true, 0) => ("good", "conforms"),
        (true, _) => ("odd", "fails only as expected"),
        (false, 0) if tally.conform == 0 => ("bad", "declines every case"),
        (false, wrong) if wrong == tally.expected => ("bad", "does not match its list of failures"),
        (false, _) => ("bad", "does not conform"),
    }
}

/// A count, with a link to what it counts.
fn fact(name: &str, count: usize, target: Option<&str>) -> Markup {
    html! {
        div {
            dt { (name) }
            dd {
                @match target.filter(|_| count > 0) {
                    Some(target) => a href=(target) { (count) },
                    None => (count)
                }
            }
        }
    }
}

fn looks(Suspect { subject, diverging, explained, mistakes }: &Suspect) -> Markup {
    html! {
        code { (subject) } " "
        @if mistakes.is_empty() {
            (UNKNOWN) "."
        } @else {
            "matches a known mistake in " (explained) " of " (diverging) " diverging cases: "
            (words::mistakes(mistakes)) "."
        }
    }
}
