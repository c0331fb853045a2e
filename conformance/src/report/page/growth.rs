//! How the error of the parameters grows over a whole trajectory.

mod axes;

use crate::compare::{ReplayMode, unit_roundoff};
use crate::report::document::Report;
use crate::report::finding::Finding;
use crate::report::words::counted;
use axes::Axes;
use fixtures::{Dtype, Number};
use maud::{Markup, html};

/// Fewer cases than this have no median.
const CROWD: usize = 3;

const DTYPES: [Dtype; 2] = [Dtype::Float64, Dtype::Float32];

pub fn section(report: &Report) -> Markup {
    let subjects: Vec<_> = report
        .subjects()
        .into_iter()
        .map(|subject| (subject, trajectories(report, subject)))
        .collect();
    // The same for all subjects, so that the eye can compare them.
    let axes = Axes::of(subjects.iter().flat_map(|(_, findings)| findings).copied());
    html! {
        section id="growth" {
            h2 { "Growth of errors" }
            p {
                "The largest error of the parameters after every step of a whole trajectory, relative to "
                "the largest of their array. Each case has a thin line; the thick one is the median, as "
                "long as half of the cases are still running. Dashed: unit roundoff, 2⁻⁵³ in float64 and "
                "2⁻²⁴ in float32."
            }
            @for (subject, findings) in &subjects {
                @if findings.is_empty() {
                    p.quiet { code { (subject) } ": no whole trajectory was replayed." }
                } @else {
                    figure {
                        figcaption { code { (subject) } ": " (key(findings)) }
                        (chart(findings, &axes))
                    }
                }
            }
        }
    }
}

/// The findings that compare whole trajectories.
fn trajectories<'r>(report: &'r Report, subject: &str) -> Vec<&'r Finding> {
    let whole = |finding: &&Finding| {
        finding.subject == subject
            && finding.mode != Some(ReplayMode::Forced)
            && finding.growth.iter().any(Option::is_some)
    };
    report.findings.iter().filter(whole).collect()
}

/// The colours, each with the largest error and where it was seen.
fn key(findings: &[&Finding]) -> Markup {
    html! {
        @for dtype in DTYPES {
            @let of_dtype = of(findings, dtype);
            @if let Some((error, step, case)) = largest(&of_dtype) {
                span class=(class(dtype)) { "— " (dtype.to_string()) }
                " (" (counted(of_dtype.len(), "case")) ", at most " (format!("{error:.1e}")) " in " (case) ", steps[" (step) "]) "
            }
        }
    }
}

fn of<'r>(findings: &[&'r Finding], dtype: Dtype) -> Vec<&'r Finding> {
    findings.iter().copied().filter(|finding| finding.dtype == Some(dtype)).collect()
}

fn largest<'r>(findings: &[&'r Finding]) -> Option<(f64, usize, &'r str)> {
    let all = findings.iter().flat_map(|finding| {
        let errors = finding.growth.iter().enumerate();
        errors.filter_map(|(step, error)| Some(((*error)?.0, step, finding.case.as_str())))
    });
    all.reduce(|a, b| if b.0 > a.0 { b } else { a })
}

fn chart(findings: &[&Finding], axes: &Axes) -> Markup {
    html! {
        svg viewBox=(axes.view()) role="img" aria-label="error of the parameters over steps" {
            (axes.draw())
            @for dtype in DTYPES {
                @let of_dtype = of(findings, dtype);
                @if !of_dtype.is_empty() {
                    (axes.level(unit_roundoff(dtype), unit(dtype), class(dtype)))
                    @for finding in &of_dtype {
                        polyline class=(class(dtype)) points=(axes.points(&finding.growth)) {
                            title { (finding.case) ", " (dtype.to_string()) }
                        }
                    }
                    polyline.median.(class(dtype)) points=(axes.points(&median(&of_dtype))) {
                        title { "median, " (dtype.to_string()) }
                    }
                }
            }
        }
    }
}

/// The median over the cases that have a step, as long as these are half of all and a [`CROWD`].
///
/// Beyond that it would jump to the few longest cases.
fn median(findings: &[&Finding]) -> Vec<Option<Number>> {
    let steps = findings.iter().map(|finding| finding.growth.len()).max().unwrap_or(0);
    let of_step = |step: usize| {
        let errors = findings.iter().filter_map(|f| f.growth.get(step).copied().flatten());
        let mut errors: Vec<f64> = errors.map(|number| number.0).collect();
        errors.sort_by(f64::total_cmp);
        let enough = errors.len() >= CROWD && 2 * errors.len() >= findings.len();
        errors.get(errors.len() / 2).filter(|_| enough).map(|&error| Number(error))
    };
    (0..steps).map(of_step).collect()
}

fn class(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::Float64 => "double",
        Dtype::Float32 => "single",
    }
}

fn unit(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::Float64 => "2⁻⁵³",
        Dtype::Float32 => "2⁻²⁴",
    }
}
