//! What a subject declines, by reason.

use crate::report::document::Report;
use crate::report::words::counted;
use maud::{Markup, html};

/// The reasons, each with its cases; the reasons of most cases first.
pub fn list(report: &Report) -> Markup {
    let reasons = report.declined();
    let cases: usize = reasons.iter().map(|(_, cases)| cases.len()).sum();
    html! {
        @if !reasons.is_empty() {
            details {
                summary { (counted(cases, "case")) " declined, for " (counted(reasons.len(), "reason")) }
                ul.reasons id="declined" {
                    @for (reason, cases) in &reasons {
                        li {
                            strong { (cases.len()) } ": " (reason)
                            p.quiet { (cases.iter().copied().collect::<Vec<_>>().join(", ")) }
                        }
                    }
                }
            }
        }
    }
}
