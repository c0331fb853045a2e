//! What does not conform, one after the other.

use super::group::anchor;
use super::{heat, word};
use crate::report::{Explains, Finding, Listed, Looks, Point, Report, Verdict, mode};
use crate::stage::Stage;
use maud::{Markup, html};

pub fn section(report: &Report) -> Markup {
    let wrong = |f: &&Finding| matches!(f.verdict, Verdict::Diverges | Verdict::Fails);
    let failures: Vec<_> = report.findings.iter().filter(wrong).collect();
    let same = |a: &&Finding, b: &&Finding| {
        (&a.case, &a.subject, a.dtype) == (&b.case, &b.subject, b.dtype)
    };
    let declined: Vec<_> =
        report.findings.iter().filter(|f| f.verdict == Verdict::Declines).collect();
    html! {
        section id="failures" {
            h2 { "Failures" }
            @if failures.is_empty() { p { "None." } }
            @for modes in failures.chunk_by(same) { (article(modes)) }
            @if !declined.is_empty() {
                details {
                    summary { (declined.len()) " declined" }
                    ul { @for finding in declined {
                        li { (finding.case) " " (mode(finding.mode)) ": " (finding.message) }
                    } }
                }
            }
        }
    }
}

/// One failure, in every mode that it shows in: what, where, what it looks like, and how to see it
/// again. The first mode is told whole, of the others what differs.
pub fn article(modes: &[&Finding]) -> Markup {
    let finding = modes[0];
    html! {
        article.failure {
            h3 {
                @for finding in modes { span id=(anchor(finding)) {} }
                (finding.case) " "
                small {
                    (finding.subject)
                    @for finding in modes { ", " (mode(finding.mode)) }
                } " "
                (word(finding.verdict))
                @if finding.listed == Listed::AsExpected { " " span.odd { "as expected" } }
            }
            @match &finding.divergence {
                Some(point) => (divergence(finding, point)),
                None => p { (finding.message) }
            }
            @if let Some(looks) = &finding.looks_like { (looks_like(looks)) }
            @if let Some(failed) = &finding.failure {
                @if !failed.output.trim().is_empty() { pre { (failed.output.trim_end()) } }
            }
            @for other in &modes[1..] {
                @if other.divergence != finding.divergence {
                    p { (mode(other.mode)) ": " (other.message) }
                }
            }
            @if let Some(again) = &finding.again { pre.again { code { (again) } } }
        }
    }
}

fn divergence(finding: &Finding, point: &Point) -> Markup {
    html! {
        p {
            "First at " strong { (point.stage) }
            @if !point.name.is_empty() { " of " code { (point.name) } }
            ", " code { "steps[" (point.step) "]" } ", index " code { (format!("{:?}", point.index)) } "; "
            (finding.diverging_steps.len()) " of " (finding.steps) " steps diverge."
        }
        (strip(finding, point.step))
        div.scroll {
            table.values {
                tbody {
                    tr { th scope="row" { "expected" } td { code { (format!("{:?}", point.expected.0)) } } td { (point.computed) } }
                    tr { th scope="row" { "got" } td { code { (format!("{:?}", point.got.0)) } } td {} }
                    @if let (Some(bound), Some(ulps)) = (point.bound, point.ulps) {
                        tr { th scope="row" { "error" } td { code { (format!("{:.1e}", point.error.0)) } } td { "bound " code { (format!("{:.1e}", bound.0)) } ", " (format!("{:.1e}", ulps.0)) " ulp" } }
                    }
                    @if !point.clauses.is_empty() {
                        tr { th scope="row" { "clauses" } td { @for clause in point.clauses { a href={ "#" (clause) } { (clause) } " " } } td {} }
                    }
                }
            }
        }
    }
}

/// The stages of the step that diverges first, in the order in which a fault spreads.
fn strip(finding: &Finding, step: usize) -> Markup {
    let of = |stage: &Stage| finding.ratios.get(stage)?.get(step).copied().flatten();
    html! {
        ol.strip aria-label={ "stages of steps[" (step) "]" } {
            @for stage in Stage::ALL {
                @if let Some(number) = of(&stage) {
                    li class=(heat::class(number.0)) title=(heat::words(number.0)) {
                        (stage.name().replace('_', " "))
                    }
                }
            }
        }
    }
}

fn looks_like(Looks { explains, mutants, .. }: &Looks) -> Markup {
    let so = match explains {
        Explains::Nothing => return html! { p.looks { "Looks like no mistake of the catalogue." } },
        Explains::First => "Looks, up to what diverges first, like what comes out with ",
        Explains::Whole => "Looks like what comes out with ",
    };
    html! {
        p.looks {
            (so)
            @for (i, mistake) in mutants.iter().enumerate() {
                @if i > 0 { ", or " }
                strong { (mistake.what) } " (" a href={ "#" (mistake.clause) } { (mistake.clause) } ")"
            }
            "."
        }
    }
}
