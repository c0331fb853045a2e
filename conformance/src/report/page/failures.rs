//! What does not conform, one after the other.

use super::anchor::Anchor;
use super::card::{Card, repeats};
use super::declined;
use crate::report::document::Report;
use maud::{Markup, html};

/// How many failures are open from the start, and how many have a line of their own.
const OPEN: usize = 3;
const LINES: usize = 12;

pub fn section(report: &Report) -> Markup {
    let findings: Vec<_> = report.findings.iter().filter(|f| f.verdict.is_wrong()).collect();
    let failures: Vec<_> =
        findings.chunk_by(|a, b| Anchor::of(a).is_beside(Anchor::of(b))).collect();
    // What repeats an earlier failure is not worth its room.
    let new = failures.iter().filter(|modes| repeats(modes[0], &findings).is_none());
    let open: Vec<_> = new.take(OPEN).map(|modes| Anchor::of(modes[0])).collect();
    let shows_subject = report.subjects().len() > 1;
    let card = |modes| {
        let is_open = |first| open.contains(&Anchor::of(first));
        Card { modes, all: &findings, shows_subject, is_open: is_open(modes[0]) }.markup()
    };
    let (lines, more) = failures.split_at(LINES.min(failures.len()));
    html! {
        section id="failures" {
            h2 { "Failures" }
            @if failures.is_empty() { p { "None." } }
            @if failures.len() > open.len() {
                p.quiet { (failures.len()) " in all. Click on a line to open it." }
            }
            @for modes in lines { (card(modes)) }
            @if !more.is_empty() {
                details.more {
                    summary { (more.len()) " more" }
                    @for modes in more { (card(modes)) }
                }
            }
            (trials(report))
            (declined::list(report))
        }
    }
}

/// What does not conform without being a case.
fn trials(report: &Report) -> Markup {
    let wrong = report.trials.iter().filter(|trial| trial.verdict.is_wrong()).count();
    html! {
        @if wrong > 0 {
            p { (wrong) " of the " a href="#trials" { "scenarios and trainings" } " do not conform." }
        }
    }
}
