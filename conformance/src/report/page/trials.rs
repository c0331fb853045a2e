//! Scenarios and trainings, if engines of this project ran them.

use super::words;
use crate::report::document::Report;
use maud::{Markup, html};

pub fn section(report: &Report) -> Markup {
    html! {
        @if !report.trials.is_empty() {
            section id="trials" {
                h2 { "Scenarios and trainings" }
                p { "What no case file can say, and training on handwritten digits." }
                div.scroll {
                    table {
                        thead { tr { th { "name" } th { "subject" } th { "dtype" } th { "verdict" } th { "clauses, or what was found" } } }
                        tbody {
                            @for trial in &report.trials {
                                tr {
                                    th scope="row" { (trial.name) }
                                    td { (trial.subject) }
                                    td { (trial.dtype.to_string()) }
                                    td { (words::verdict(trial.verdict)) }
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
