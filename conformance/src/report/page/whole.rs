//! The page as a whole: its head, and its sections in their order.

use super::group::Group;
use super::{clauses, example, failures, growth, headline, matrix, reading, steps, trials};
use crate::report::document::Report;
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
                    (headline::section(report, &subjects))
                    (contents(report))
                    (reading::section())
                }
                main {
                    (failures::section(report))
                    (matrix::section(&groups))
                    (steps::section(&groups))
                    (growth::section(report))
                    (clauses::section(&groups))
                    (trials::section(report))
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
