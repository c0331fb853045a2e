//! Cases by stages: how near each stage came to its bound.

use super::group::{Group, Row, anchor, wrong};
use super::{heat, word};
use crate::compare::{ReplayMode, Stage};
use crate::report::{Finding, Verdict, mode};
use maud::{Markup, html};

pub fn section(groups: &[Group]) -> Markup {
    html! {
        section id="matrix" {
            h2 { "Cases and stages" }
            p {
                "Per case and stage the largest error of all steps and modes, in percent of its "
                "bound. " code { "=" } " is equal to the last bit, " code { "✗" } " beyond the bound, "
                "empty a stage that the case or the trace does not have. "
                span.inherited { "✗" } " is beyond its bound over the whole trajectory only, not from the "
                "right state before a step: what the stage was given was wrong already, or it is off too "
                "little to be seen in one step."
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

/// The cases that were replayed; those that were declined have nothing to show.
fn cases(group: &Group) -> Markup {
    let declined = group.rows.iter().filter(|row| row.all(Verdict::Declines)).count();
    html! {
        @if group.rows.iter().any(Row::has_errors) {
            (table(group))
        } @else {
            p.quiet { "No case left a trace." }
        }
        @if declined > 0 {
            p.quiet { "Without " (declined) " that were " a href="#declined" { "declined" } "." }
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

/// Whether a stage is right from the right state before every step, but not over all of them.
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

/// One word if all modes agree, else one per mode; a link where something is wrong.
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
        @if wrong(finding) {
            a href={ "#" (anchor(finding)) } { (word(finding.verdict)) }
        } @else {
            (word(finding.verdict))
        }
    }
}
