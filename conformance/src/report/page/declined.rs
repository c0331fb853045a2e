//! What a subject declines, by reason.

use crate::report::Report;
use maud::{Markup, html};

/// The reasons, those of most cases first, each with its cases.
pub fn list(report: &Report) -> Markup {
    let reasons = report.declined();
    let cases: usize = reasons.iter().map(|(_, cases)| cases.len()).sum();
    html! {
        @if !reasons.is_empty() {
            details {
                summary {
                    (cases) " " (if cases == 1 { "case" } else { "cases" }) " declined, for "
                    (reasons.len()) " " (if reasons.len() == 1 { "reason" } else { "reasons" })
                }
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
