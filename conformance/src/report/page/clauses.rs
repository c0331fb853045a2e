//! Clauses of the specification: which cases exercise them, and what came of those.

use super::group::{Group, Row};
use crate::matrix::Clause;
use crate::report::Verdict;
use maud::{Markup, html};

pub fn section(groups: &[Group]) -> Markup {
    html! {
        section id="clauses" {
            h2 { "Clauses" }
            p {
                "Of the cases that list a clause, how many conform in every mode; and how many wrong "
                "versions of the clause the corpus is known to notice."
            }
            div.scroll {
                table.clauses {
                    thead {
                        tr {
                            th { "clause" }
                            th { "mistakes known" }
                            @for group in groups { th { (group.title()) } }
                        }
                    }
                    tbody { @for clause in Clause::all() { (line(&clause, groups)) } }
                }
            }
        }
    }
}

fn line(clause: &Clause, groups: &[Group]) -> Markup {
    html! {
        tr id=(clause.id) {
            th scope="row" { (clause.id) " " span.quiet { (clause.title) } }
            td { (clause.mutants.len()) }
            @for group in groups { (cell(clause, group)) }
        }
    }
}

fn cell(clause: &Clause, group: &Group) -> Markup {
    let listing: Vec<&Row> = group.rows.iter().filter(|row| lists(row, &clause.id)).collect();
    let all =
        |verdict| move |row: &&&Row| row.findings.iter().all(|finding| finding.verdict == verdict);
    let conform = listing.iter().filter(all(Verdict::Conforms)).count();
    let declined = listing.iter().filter(all(Verdict::Declines)).count();
    let wrong: Vec<_> = listing
        .iter()
        .filter(|row| !all(Verdict::Conforms)(row) && !all(Verdict::Declines)(row))
        .collect();
    html! {
        td {
            @if listing.is_empty() {
                span.quiet { "no case" }
            } @else {
                meter min="0" max=(listing.len()) value=(conform) {}
                " " (conform) " of " (listing.len())
                @if declined > 0 { span.odd { ", " (declined) " declined" } }
                @if !wrong.is_empty() {
                    span.bad { ", not " }
                    @for (i, row) in wrong.iter().enumerate() { @if i > 0 { ", " } (row.case) }
                }
            }
        }
    }
}

fn lists(row: &Row, clause: &str) -> bool {
    row.findings.iter().any(|finding| finding.clauses.iter().any(|id| id == clause))
}
