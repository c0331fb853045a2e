//! Cases by stages: how near each stage is to its bound.

use super::anchor::Anchor;
use super::group::{Group, Row};
use super::{heat, words};
use crate::compare::{ReplayMode, Stage};
use crate::report::finding::Finding;
use crate::report::verdict::Verdict;
use crate::report::words::mode;
use maud::{Markup, html};

pub fn section(groups: &[Group]) -> Markup {
    html! {
        section id="matrix" {
            h2 { "Cases and stages" }
            p {
                "For each case and stage, the largest error over all steps and modes, in percent of its "
                "bound. " code { "=" } " is equal to the last bit, " code { "✗" } " is beyond the bound; a "
                "stage that the case or the trace does not have is left empty. "
                span.inherited { "✗" } " is beyond its bound only over the whole trajectory, not from the "
                "correct state before a step: the stage was given wrong values, or its own error is too "
                "small to show in one step."
            }
            (heat::legend())
            @for (i, group) in groups.iter().enumerate() {
                details open[i == 0 || group.rows.iter().any(Row::is_wrong)] {
                    summary { (group.title()) }
                    (cases(group))
                }
            }
        }
    }
}

/// The cases that were replayed; declined ones have nothing to show.
fn cases(group: &Group) -> Markup {
    let declined = group.rows.iter().filter(|row| row.all(Verdict::Declines)).count();
    html! {
        @if group.rows.iter().any(Row::has_errors) {
            (table(group))
        } @else {
            p.quiet { "No case left a trace." }
        }
        @if declined > 0 {
            p.quiet { (declined) " " a href="#declined" { "declined" } " cases are not shown." }
        }
    }
}

fn table(group: &Group) -> Markup {
    html! {
        div.scroll {
            table.matrix {
                thead {
                    tr {
                        th { "case" }
                        @for stage in Stage::ALL { th.turned { span { (stage.name().replace('_', " ")) } } }
                        th { "verdict" }
                    }
                }
                tbody {
                    @for row in group.rows.iter().filter(|row| !row.all(Verdict::Declines)) { (line(row)) }
                }
            }
        }
    }
}

fn line(row: &Row) -> Markup {
    html! {
        tr {
            th scope="row" { (row.case) }
            @for stage in Stage::ALL { (cell(row, stage)) }
            td { (verdicts(row)) }
        }
    }
}

fn cell(row: &Row, stage: Stage) -> Markup {
    html! {
        @match worst(row, stage) {
            Some((ratio, finding)) => {
                @let class = if inherits(row, stage, ratio) { "inherited" } else { heat::class(ratio) };
                td.cell.(class) title=(title(row.case, stage, ratio, finding)) {
                    (heat::word(ratio))
                }
            }
            None => td.cell {}
        }
    }
}

/// Whether a stage is correct from the correct state before every step, but not over all steps.
fn inherits(row: &Row, stage: Stage, ratio: f64) -> bool {
    let forced = row.findings.iter().find(|finding| finding.mode == Some(ReplayMode::Forced));
    let alone = forced.and_then(|finding| finding.ratio(stage));
    ratio > 1.0 && alone.is_some_and(|alone| alone <= 1.0)
}

/// The largest error of a stage over all modes, and where it was seen.
fn worst<'r>(row: &Row<'r>, stage: Stage) -> Option<(f64, &'r Finding)> {
    let ratios = row.findings.iter().filter_map(|finding| Some((finding.ratio(stage)?, *finding)));
    ratios.reduce(|a, b| if b.0 > a.0 { b } else { a })
}

fn title(case: &str, stage: Stage, ratio: f64, finding: &Finding) -> String {
    format!("{case}, {stage}: {} ({})", heat::words(ratio), mode(finding.mode))
}

/// One word if all modes agree, else one per mode; with a link if something is wrong.
fn verdicts(row: &Row) -> Markup {
    let first = row.findings[0];
    html! {
        @if row.all(first.verdict) {
            (verdict(first))
        } @else {
            @for (i, finding) in row.findings.iter().enumerate() {
                @if i > 0 { ", " }
                (mode(finding.mode)) " " (verdict(finding))
            }
        }
    }
}

fn verdict(finding: &Finding) -> Markup {
    html! {
        @if finding.verdict.is_wrong() {
            a href={ "#" (Anchor::of(finding)) } { (words::verdict(finding.verdict)) }
        } @else {
            (words::verdict(finding.verdict))
        }
    }
}
