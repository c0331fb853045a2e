//! Cases by steps: whether errors grow.

use super::group::{Group, Row};
use super::heat;
use crate::compare::ReplayMode;
use crate::report::finding::Finding;
use maud::{Markup, html};

pub fn section(groups: &[Group]) -> Markup {
    html! {
        section id="steps" {
            h2 { "Errors over steps" }
            p {
                "For each case and step, the colour shows the error of the stage that is nearest to its "
                "bound. Restarted at every step, errors should not grow; over a whole trajectory they "
                "may, and the bounds grow with them."
            }
            (heat::legend())
            @for (i, group) in groups.iter().enumerate() {
                details open[i == 0] {
                    summary { (group.title()) }
                    @if kinds(group).is_empty() { p.quiet { "No case left a trace." } }
                    div.side {
                        @for kind in kinds(group) { (table(group, kind)) }
                    }
                }
            }
        }
    }
}

/// The modes in which a group left traces.
fn kinds(group: &Group) -> Vec<Option<ReplayMode>> {
    let findings = || group.rows.iter().flat_map(|row| &row.findings);
    let all = [Some(ReplayMode::Free), Some(ReplayMode::Forced), None];
    all.into_iter().filter(|kind| findings().any(|f| f.mode == *kind && f.steps > 0)).collect()
}

fn table<'r>(group: &Group<'r>, kind: Option<ReplayMode>) -> Markup {
    let find = |row: &Row<'r>| row.findings.iter().copied().find(|f| f.mode == kind && f.steps > 0);
    let rows: Vec<(&str, &Finding)> =
        group.rows.iter().filter_map(|row| Some((row.case, find(row)?))).collect();
    let steps = rows.iter().map(|(_, finding)| finding.steps).max().unwrap_or(0);
    html! {
        div.scroll {
            table.steps {
                caption { (caption(kind)) }
                thead { tr { th { "case, step" } @for step in 0..steps { th { @if step % 5 == 0 { (step) } } } } }
                tbody {
                    @for (case, finding) in &rows {
                        tr {
                            th scope="row" { (case) }
                            @for step in 0..steps { (cell(case, finding, step)) }
                        }
                    }
                }
            }
        }
    }
}

fn caption(kind: Option<ReplayMode>) -> &'static str {
    match kind {
        Some(ReplayMode::Free) => "free: the whole trajectory",
        Some(ReplayMode::Forced) => "forced: restarted at every step",
        None => "check: from the trace's own state",
    }
}

fn cell(case: &str, finding: &Finding, step: usize) -> Markup {
    let of_step =
        finding.ratios.keys().filter_map(|&stage| Some((finding.ratio_at(stage, step)?, stage)));
    let worst = of_step.reduce(|a, b| if b.0 > a.0 { b } else { a });
    html! {
        @match worst {
            Some((ratio, stage)) => {
                td.cell.(heat::class(ratio))
                    title={ (case) ", steps[" (step) "]: " (stage) " " (heat::words(ratio)) } {}
            }
            None => td {}
        }
    }
}
