//! A report as one page for people: no script, and nothing from elsewhere.

mod clauses;
mod declined;
mod example;
mod failures;
mod group;
mod growth;
mod heat;
mod matrix;
mod reading;
mod steps;

use super::{Report, Verdict};
use group::Group;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The page.
#[must_use]
pub fn render(report: &Report) -> String {
    let groups = Group::all(report);
    let subjects = report.subjects().join(", ");
    let title = format!("AdaAct conformance: {subjects}");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                header {
                    h1 { "AdaAct conformance" }
                    (summary(report, &subjects))
                    (contents(report))
                    (reading::section())
                }
                main {
                    (failures::section(report))
                    (matrix::section(&groups))
                    (steps::section(&groups))
                    (growth::section(report))
                    (clauses::section(&groups))
                    (trials(report))
                    (example::section())
                }
                footer {
                    p { (report.program) ", corpus " (report.corpus.version) ", sha256 " code { (report.corpus.digest) } "." }
                }
            }
        }
    };
    page.into_string() + "\n"
}

/// The verdict in large, and what it is about.
fn summary(report: &Report, subjects: &str) -> Markup {
    let tally = report.tally();
    let replays = tally.conform + tally.diverge + tally.fail + tally.decline;
    let (class, word) = overall(report);
    let declined = report.findings.iter().any(|finding| finding.verdict == Verdict::Declines);
    html! {
        p.verdict {
            code { (subjects) } " " strong class=(class) { (word) }
            @if report.passes() && tally.decline > 0 && tally.conform > 0 {
                " " span.quiet { "in what it does not decline" }
            }
        }
        dl.facts {
            (fact("cases", tally.cases, None))
            (fact("replays", replays, None))
            (fact("conform", tally.conform, None))
            (fact("diverge", tally.diverge, Some("#failures")))
            (fact("fail", tally.fail, Some("#failures")))
            (fact("declined", tally.decline, declined.then_some("#declined")))
            @if tally.expected > 0 { (fact("as expected", tally.expected, Some("#failures"))) }
            div { dt { "corpus" } dd { (report.corpus.version) } }
        }
        @for suspect in &report.suspects {
            p.looks {
                code { (suspect.subject) } " "
                @if suspect.mistakes.is_empty() {
                    "looks like no mistake of the catalogue."
                } @else {
                    "looks, in " (suspect.explained) " of " (suspect.diverging)
                    " diverging cases, like what comes out with "
                    @for (i, mistake) in suspect.mistakes.iter().enumerate() {
                        @if i > 0 { ", or " }
                        strong { (mistake.what) } " (" a href={ "#" (mistake.clause) } { (mistake.clause) } ")"
                    }
                    "."
                }
            }
        }
        @for untrue in &report.untrue { p.bad { (untrue) } }
    }
}

/// What a report comes to, in a colour and in words that say no more than was seen.
fn overall(report: &Report) -> (&'static str, &'static str) {
    let tally = report.tally();
    match (report.passes(), tally.diverge + tally.fail) {
        (true, 0) => ("good", "conforms"),
        (true, _) => ("odd", "fails only as expected"),
        (false, 0) if tally.conform == 0 => ("bad", "declines every case"),
        (false, wrong) if wrong == tally.expected => ("bad", "is not as listed"),
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

fn contents(report: &Report) -> Markup {
    html! {
        nav aria-label="Contents" {
            a href="#failures" { "Failures" }
            a href="#matrix" { "Cases and stages" }
            a href="#steps" { "Errors over steps" }
            a href="#growth" { "Growth of errors" }
            a href="#clauses" { "Clauses" }
            @if !report.trials.is_empty() { a href="#trials" { "Scenarios and trainings" } }
            a href="#example" { "What a failing port looks like" }
        }
    }
}

/// Scenarios and trainings, where engines of this project played them.
fn trials(report: &Report) -> Markup {
    html! {
        @if !report.trials.is_empty() {
            section id="trials" {
                h2 { "Scenarios and trainings" }
                p { "What no case file can say, and training on handwritten digits." }
                div.scroll {
                    table {
                        thead { tr { th { "name" } th { "subject" } th { "dtype" } th { "verdict" } th { "clauses, or what was seen" } } }
                        tbody {
                            @for trial in &report.trials {
                                tr {
                                    th scope="row" { (trial.name) }
                                    td { (trial.subject) }
                                    td { (trial.dtype) }
                                    td { (word(trial.verdict)) }
                                    td { (trial.message) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A verdict as a word in its colour.
fn word(verdict: Verdict) -> Markup {
    let (class, word) = match verdict {
        Verdict::Conforms => ("good", "conforms"),
        Verdict::Diverges => ("bad", "diverges"),
        Verdict::Fails => ("bad", "fails"),
        Verdict::Declines => ("odd", "declined"),
    };
    html! { span class=(class) { (word) } }
}
