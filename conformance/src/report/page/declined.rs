//! What a subject declines, by reason.

use crate::report::{Finding, Report, Verdict};
use maud::{Markup, html};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The reasons, those of most cases first, each with its cases.
pub fn list(report: &Report) -> Markup {
    let reasons = reasons(report);
    let cases: usize = reasons.iter().map(|(_, cases)| cases.len()).sum();
    html! {
        @if !reasons.is_empty() {
            details {
                summary {
                    (cases) " " (if cases == 1 { "case" } else { "cases" }) " declined, for "
                    (reasons.len()) " " (if reasons.len() == 1 { "reason" } else { "reasons" })
                }
                ul.reasons id="declined" {
                    @for ((subject, reason), cases) in &reasons {
                        li {
                            strong { (cases.len()) } ": " (reason)
                            @if report.subjects().len() > 1 { " " span.quiet { (subject) } }
                            p.quiet { (cases.iter().copied().collect::<Vec<_>>().join(", ")) }
                        }
                    }
                }
            }
        }
    }
}

type Reason<'r> = (&'r str, &'r str);

/// By subject and message, the cases.
fn reasons(report: &Report) -> Vec<(Reason<'_>, BTreeSet<&str>)> {
    let mut reasons: BTreeMap<Reason, BTreeSet<&str>> = BTreeMap::new();
    let declined = |finding: &&Finding| finding.verdict == Verdict::Declines;
    for Finding { subject, message, case, .. } in report.findings.iter().filter(declined) {
        reasons.entry((subject, message)).or_default().insert(case);
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, cases)| Reverse(cases.len()));
    reasons
}
