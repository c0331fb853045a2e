//! Cases by stages: how near each stage came to its bound.

use super::group::{Group, Row, anchor};
use super::{heat, word};
use crate::report::{Finding, Verdict, mode};
use crate::stage::Stage;
use maud::{Markup, html};

pub fn section(groups: &[Group]) -> Markup {
    html! {
        section id="matrix" {
            h2 { "Cases and stages" }
            p {
                "Per case and stage the largest error of all steps and modes, in percent of its "
                "bound. " code { "=" } " is equal to the last bit, " code { "✗" } " beyond the bound, "
                "empty a stage that the case or the trace does not have."
            }
            (heat::legend())
            @for (i, group) in groups.iter().enumerate() {
                details open[i == 0 || group.rows.iter().any(is_wrong)] {
                    summary { (group.title()) }
                    (table(group))
                }
            }
        }
    }
}

fn is_wrong(row: &Row) -> bool {
    row.findings.iter().any(|f| matches!(f.verdict, Verdict::Diverges | Verdict::Fails))
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
                tbody { @for row in &group.rows { (line(row)) } }
            }
        }
    }
}

fn line(row: &Row) -> Markup {
    html! {
        tr {
            th scope="row" { (row.case) }
            @for stage in Stage::ALL {
                @match worst(row, stage) {
                    Some((ratio, finding)) => {
                        td.cell.(heat::class(ratio)) title=(title(row.case, stage, ratio, finding)) {
                            (heat::word(ratio))
                        }
                    }
                    None => td.cell {}
                }
            }
            td { (verdicts(row)) }
        }
    }
}

/// The largest error of a stage over all modes, and where it was seen.
fn worst<'r>(row: &Row<'r>, stage: Stage) -> Option<(f64, &'r Finding)> {
    let ratios = row.findings.iter().filter_map(|finding| Some((finding.ratio(stage)?, *finding)));
    ratios.reduce(|a, b| if b.0 > a.0 { b } else { a })
}

fn title(case: &str, stage: Stage, ratio: f64, finding: &Finding) -> String {
    format!("{case}, {stage}: {} ({})", heat::words(ratio), mode(finding.mode))
}

/// One word if all modes agree and conform; else one per mode, with a link to what is wrong.
fn verdicts(row: &Row) -> Markup {
    let first = row.findings[0].verdict;
    let agree = row.findings.iter().all(|finding| finding.verdict == first);
    html! {
        @if agree && !is_wrong(row) {
            (word(first))
        } @else {
            @for (i, finding) in row.findings.iter().enumerate() {
                @if i > 0 { ", " }
                (mode(finding.mode)) " "
                @if matches!(finding.verdict, Verdict::Diverges | Verdict::Fails) {
                    a href={ "#" (anchor(finding)) } { (word(finding.verdict)) }
                } @else {
                    (word(finding.verdict))
                }
            }
        }
    }
}
