//! What does not conform, one after the other.

use super::group::{anchor, is_wrong, name, wrong};
use super::{declined, heat, word};
use crate::compare::{Basis, Measure, Stage};
use crate::report::{Explains, Finding, Listed, Looks, Point, Report, mode};
use maud::{Markup, html};

/// So many failures are told whole from the start, and so many have a line.
const OPEN: usize = 3;
const LINES: usize = 12;

pub fn section(report: &Report) -> Markup {
    let findings: Vec<_> = report.findings.iter().filter(|finding| wrong(finding)).collect();
    let same = |a: &&Finding, b: &&Finding| {
        (&a.case, &a.subject, a.dtype) == (&b.case, &b.subject, b.dtype)
    };
    let failures: Vec<_> = findings.chunk_by(same).collect();
    // What repeats an earlier one is not worth its room.
    let new = failures.iter().filter(|modes| earlier(modes[0], &findings).is_none());
    let open: Vec<_> = new.take(OPEN).map(|modes| anchor(modes[0])).collect();
    let several = report.subjects().len() > 1;
    let card =
        |modes: &[&Finding]| card(modes, &findings, several, open.contains(&anchor(modes[0])));
    let (lines, more) = failures.split_at(LINES.min(failures.len()));
    html! {
        section id="failures" {
            h2 { "Failures" }
            @if failures.is_empty() { p { "None." } }
            @if failures.len() > open.len() {
                p.quiet { (failures.len()) " in all; a click on a line opens it." }
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
    let wrong = report.trials.iter().filter(|trial| is_wrong(trial.verdict)).count();
    html! {
        @if wrong > 0 {
            p { (wrong) " of the " a href="#trials" { "scenarios and trainings" } " do not conform." }
        }
    }
}

/// One failure, in every mode that it shows in: what, where, what it looks like, and how to see it
/// again. The first mode is told whole, of the others what differs.
///
/// What links lead to stands where browsers open it for them: not in the summary.
pub fn card(modes: &[&Finding], all: &[&Finding], subject: bool, open: bool) -> Markup {
    let finding = modes[0];
    html! {
        details.failure open[open] {
            summary { (line(modes, subject)) }
            @for finding in modes { span.target id=(anchor(finding)) {} }
            (told(finding, all))
            @if let Some(looks) = &finding.looks_like { (looks_like(looks)) }
            @for other in &modes[1..] {
                @if other.divergence != finding.divergence || !alike(other, finding) {
                    p { (mode(other.mode)) ": " (other.message) }
                    (output(other, all))
                }
            }
            @if let Some(again) = &finding.again {
                p.quiet { "To run it alone:" }
                pre { code { (again) } }
            }
        }
    }
}

/// Case, subject and modes, verdict, and the first place in a few words.
fn line(modes: &[&Finding], subject: bool) -> Markup {
    let finding = modes[0];
    let subject = Some(finding.subject.as_str()).filter(|_| subject);
    let how = subject.into_iter().chain(finding.dtype.map(name));
    let how: Vec<_> = how.chain(modes.iter().map(|finding| mode(finding.mode))).collect();
    html! {
        strong { (finding.case) } " "
        span.quiet { (how.join(", ")) } " "
        span {
            (word(finding.verdict))
            @if finding.listed == Listed::AsExpected { " " span.odd { "as expected" } }
        } " "
        span.first {
            @match &finding.divergence {
                Some(point) => (place(point)),
                None => (finding.message)
            }
        }
    }
}

/// **scale** of `fc1`, `steps[0]`
fn place(point: &Point) -> Markup {
    html! {
        strong { (point.stage.replace('_', " ")) }
        @if !point.name.is_empty() { " of " code { (point.name) } }
        ", " code { "steps[" (point.step) "]" }
    }
}

fn told(finding: &Finding, all: &[&Finding]) -> Markup {
    match &finding.divergence {
        Some(point) => divergence(finding, point),
        None => html! { p { (finding.message) } (output(finding, all)) },
    }
}

/// What the subject wrote, once: of a failure just like an earlier one, where that is.
fn output(finding: &Finding, all: &[&Finding]) -> Markup {
    let output = finding.failure.as_ref().map_or("", |failed| failed.output.trim_end());
    html! {
        @if let Some(first) = earlier(finding, all) {
            p {
                "It writes the same as in "
                a href={ "#" (anchor(first)) } { (first.case) ", " (mode(first.mode)) } "."
            }
        } @else if !output.is_empty() {
            pre { (output) }
        }
    }
}

/// The first failure that comes to the same and writes the same, unless it is this one.
fn earlier<'r>(finding: &Finding, all: &[&'r Finding]) -> Option<&'r Finding> {
    let writes = finding.failure.as_ref().is_some_and(|failed| !failed.output.trim().is_empty());
    let first = all.iter().copied().find(|other| writes && alike(other, finding))?;
    (anchor(first) != anchor(finding)).then_some(first)
}

/// Whether there is no trace in the same way, in whatever step.
fn alike(a: &Finding, b: &Finding) -> bool {
    match (&a.failure, &b.failure) {
        (Some(x), Some(y)) => (&a.subject, &x.name, &x.output) == (&b.subject, &y.name, &y.output),
        (x, y) => x.is_none() && y.is_none(),
    }
}

fn divergence(finding: &Finding, point: &Point) -> Markup {
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

/// The error beside its bound; none of a count, which has to be equal.
fn error(point: &Point) -> Markup {
    let stage = Stage::ALL.into_iter().find(|stage| stage.name() == point.stage);
    html! {
        @if let (Some(bound), Some(ulps), Some(stage)) = (point.bound, point.ulps, stage) {
            @if !stage.is_count() {
                tr {
                    th scope="row" { "error" }
                    td { code { (format!("{:.1e}", point.error.0)) } }
                    td { (measure(point, stage)) "; " (format!("{:.1e}", ulps.0)) " ulp" }
                }
                tr {
                    th scope="row" { "bound" }
                    td { code { (format!("{:.1e}", bound.0)) } }
                    td { "the error is " (heat::words(point.error.0 / bound.0)) }
                }
            }
        }
    }
}

fn use_of(point: &Point) -> &'static str {
    if point.stage == Stage::MeanSquare.name() { "observation" } else { "forward" }
}

fn measure(point: &Point, stage: Stage) -> &'static str {
    if point.judged == Basis::OwnStages.name() {
        return "absolute";
    }
    match stage.measure() {
        Measure::OfLargest => "relative to the largest of its array",
        Measure::OfItself => "relative to the value itself",
        Measure::OfInputs => "as an error of the layer's inputs, relative to the largest",
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

fn looks_like(Looks { explains, mutants, digits }: &Looks) -> Markup {
    let so = match (explains, digits) {
        (Explains::Nothing, Some(digits)) => {
            return html! {
                p.looks {
                    "Looks as if printed with " strong { (digits) " digits" } ", too few to restore a "
                    "number."
                }
            };
        }
        (Explains::Nothing, None) => {
            return html! {
                p.looks { "Looks like no mistake of the catalogue, which has those of the optimizer." }
            };
        }
        (Explains::First, _) => "Looks, up to what diverges first, like what comes out with ",
        (Explains::Whole, _) => "Looks like what comes out with ",
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
