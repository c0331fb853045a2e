//! Clauses of the specification: which cases test them, and what came of those.

use super::anchor::Anchor;
use super::group::{Group, Row};
use crate::report::verdict::Verdict;
use crate::studies::matrix::Clause;
use maud::{Markup, html};

/// How many cases that do not conform are named at a glance.
const NAMES: usize = 3;

pub fn section(groups: &[Group]) -> Markup {
    html! {
        section id="clauses" {
            h2 { "Clauses" }
            p {
                "How many of the cases that list a clause conform in every mode. A case that does not "
                "conform counts against all clauses that it lists, not only against the broken one. "
                "Known mistakes are wrong versions of the clause that cases or scenarios detect. "
                "Scenarios test what no case file can say; only this project's own engines run them."
            }
            div.scroll {
                table.clauses {
                    thead {
                        tr {
                            th { "clause" }
                            th { "known mistakes" }
                            @if groups.len() == 1 {
                                th { "cases that conform" }
                            } @else {
                                @for group in groups { th { (group.title()) } }
                            }
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
            td { (clause.mistakes.len()) }
            @for group in groups { td { (cell(clause, group)) } }
        }
    }
}

fn cell(clause: &Clause, group: &Group) -> Markup {
    let listing: Vec<&Row> = group.rows.iter().filter(|row| lists(row, &clause.id)).collect();
    let count = |verdict| listing.iter().filter(|row| row.all(verdict)).count();
    let (conform, declined) = (count(Verdict::Conforms), count(Verdict::Declines));
    let failing: Vec<&Row> = listing.iter().copied().filter(|row| row.is_wrong()).collect();
    html! {
        @if listing.is_empty() {
            span.quiet { "no case" @if !clause.scenarios.is_empty() { ", but scenarios" } }
        } @else {
            (bar(&[("good", conform), ("bad", failing.len()), ("odd", declined)]))
            " " (conform) " of " (listing.len())
            @if declined > 0 { span.odd { ", " (declined) " declined" } }
            @if failing.len() > NAMES {
                details { summary.bad { (failing.len()) " not" } (names(&failing)) }
            } @else if !failing.is_empty() {
                span.bad { ", not " } (names(&failing))
            }
        }
    }
}

/// Counts side by side, as wide as they are large.
fn bar(counts: &[(&str, usize)]) -> Markup {
    html! {
        span.bar aria-hidden="true" {
            @for (class, count) in counts {
                @if *count > 0 { span.(class) style={ "flex-grow:" (count) } {} }
            }
        }
    }
}

/// The names of cases, with links to what is wrong.
fn names(rows: &[&Row]) -> Markup {
    let links = rows.iter().filter_map(|row| {
        let finding = row.findings.iter().find(|finding| finding.verdict.is_wrong())?;
        Some(html! { a href={ "#" (Anchor::of(finding)) } { (row.case) } })
    });
    html! {
        @for (i, link) in links.enumerate() { @if i > 0 { ", " } (link) }
    }
}

fn lists(row: &Row, clause: &str) -> bool {
    row.findings.iter().any(|finding| finding.clauses.iter().any(|id| id == clause))
}
