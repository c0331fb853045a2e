//! A value that diverges: where it is, and its numbers.

use super::heat;
use crate::compare::Stage;
use crate::report::finding::Finding;
use crate::report::point::Point;
use crate::report::words::measure;
use maud::{Markup, html};

/// **scale** of `fc1`, `steps[0]`
pub fn place(point: &Point) -> Markup {
    html! {
        strong { (point.stage.name().replace('_', " ")) }
        @if !point.name.is_empty() { " of " code { (point.name) } }
        ", " code { "steps[" (point.step) "]" }
    }
}

/// The first value that diverges, and how far the error has spread in its step.
pub fn divergence(finding: &Finding, point: &Point) -> Markup {
    html! {
        p {
            "First at " (place(point))
            @if let Some(nth) = point.occurrence { ", " (use_of(point)) " " (nth) }
            @if !point.index.is_empty() { ", index " code { (format!("{:?}", point.index)) } }
            "; " (finding.diverging_steps.len()) " of " (finding.steps) " steps diverge."
        }
        (strip(finding, point.step))
        div.scroll {
            table.values {
                tbody {
                    tr { th scope="row" { "expected" } td { code { (format!("{:?}", point.expected.0)) } } td { (point.computed) } }
                    tr { th scope="row" { "got" } td { code { (format!("{:?}", point.got.0)) } } td {} }
                    (error(point))
                    @if !point.clauses.is_empty() {
                        tr {
                            th scope="row" { "clauses" }
                            td colspan="2" { @for clause in point.clauses { a href={ "#" (clause) } { (clause) } " " } }
                        }
                    }
                }
            }
        }
    }
}

/// The error beside its bound; nothing for a count, which has to be equal.
fn error(point: &Point) -> Markup {
    html! {
        @if let (Some(bound), Some(ulps), false) = (point.bound, point.ulps, point.stage.is_count()) {
            tr {
                th scope="row" { "error" }
                td { code { (format!("{:.1e}", point.error.0)) } }
                td { (measure(point)) "; " (format!("{:.1e}", ulps.0)) " ulp" }
            }
            tr {
                th scope="row" { "bound" }
                td { code { (format!("{:.1e}", bound.0)) } }
                td { "the error is " (heat::words(point.error.0 / bound.0)) }
            }
        }
    }
}

fn use_of(point: &Point) -> &'static str {
    if point.stage == Stage::MeanSquare { "observation" } else { "forward" }
}

/// The stages of the step that diverges first, in the order in which a fault spreads.
fn strip(finding: &Finding, step: usize) -> Markup {
    html! {
        ol.strip aria-label={ "stages of steps[" (step) "]" } {
            @for stage in Stage::ALL {
                @if let Some(ratio) = finding.ratio_at(stage, step) {
                    li class=(heat::class(ratio)) title=(heat::words(ratio)) {
                        (stage.name().replace('_', " "))
                    }
                }
            }
        }
    }
}
