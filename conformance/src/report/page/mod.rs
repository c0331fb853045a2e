//! A report as one page for people: no script, and nothing from elsewhere.

mod clauses;
mod example;
mod failures;
mod group;
mod growth;
mod heat;
mod matrix;
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
                footer { p { (report.program) ", " (report.corpus) "." } }
            }
        }
    };
    page.into_string() + "\n"
}

/// The verdict in large, and what it is about.
fn summary(report: &Report, subjects: &str) -> Markup {
    let tally = report.tally();
    let (class, word) = if report.passes() { ("good", "conforms") } else { ("bad", "diverges") };
    html! {
        p.verdict { code { (subjects) } " " strong class=(class) { (word) } }
        dl.facts {
            div { dt { "conform" } dd { (tally.conform) } }
            div { dt { "diverge" } dd { (tally.diverge) } }
            div { dt { "fail" } dd { (tally.fail) } }
            div { dt { "declined" } dd { (tally.decline) } }
            div { dt { "as expected" } dd { (tally.expected) } }
            div { dt { "corpus" } dd { (report.corpus.version) } }
        }
        p.digest { "corpus sha256 " code { (report.corpus.digest) } }
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
                p { "What no case file can say, and both engines side by side on handwritten digits." }
                div.scroll {
                    table {
                        thead { tr { th { "name" } th { "subject" } th { "dtype" } th { "verdict" } th { "what was seen" } } }
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
