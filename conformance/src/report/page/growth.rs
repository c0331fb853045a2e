//! How the error of the parameters grows over a whole trajectory.

use crate::bounds::{ReplayMode, unit_roundoff};
use crate::report::{Finding, Report};
use fixtures::Dtype;
use fixtures::Number;
use maud::{Markup, html};

/// The chart in pixels, and the room for its axes.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 34.0;
const TOP: f64 = 12.0;

/// Powers of ten at the bottom and the top; what is smaller, as an error of 0, lies at the bottom.
const LOWEST: f64 = -19.0;
const HIGHEST: f64 = 1.0;

/// A median of fewer cases is none.
const CROWD: usize = 3;

pub fn section(report: &Report) -> Markup {
    html! {
        section id="growth" {
            h2 { "Growth of errors" }
            p {
                "The largest error of the parameters after every step of a whole trajectory, relative to "
                "the largest of their array; a line per case, the thick one the median. Dashed: one unit "
                "roundoff. An error of 0 lies at the bottom."
            }
            @for subject in report.subjects() {
                @let findings = trajectories(report, subject);
                @if findings.is_empty() {
                    p.quiet { code { (subject) } ": no trajectory was replayed as a whole." }
                } @else {
                    figure {
                        (chart(&findings))
                        figcaption { code { (subject) } ": " (key(&findings)) }
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

fn key(findings: &[&Finding]) -> Markup {
    html! {
        @for dtype in [Dtype::Float64, Dtype::Float32] {
            @let count = findings.iter().filter(|f| f.dtype == Some(dtype)).count();
            @if count > 0 {
                span class=(class(dtype)) { "— " (name(dtype)) } " (" (count) " cases) "
            }
        }
    }
}

fn chart(findings: &[&Finding]) -> Markup {
    let steps = findings.iter().map(|f| f.steps).max().unwrap_or(1);
    let x = |step: usize| {
        LEFT + (WIDTH - LEFT - 12.0) * step as f64 / steps.saturating_sub(1).max(1) as f64
    };
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label="error of the parameters over steps" {
            @for power in (LOWEST as i32 + 1..=HIGHEST as i32).step_by(4) {
                @let y = y(10_f64.powi(power));
                line.grid x1=(LEFT) x2=(WIDTH - 12.0) y1=(round(y)) y2=(round(y)) {}
                text.tick x=(LEFT - 8.0) y=(round(y + 4.0)) text-anchor="end" { "1e" (power) }
            }
            @for step in (0..steps).step_by(1 + steps / 20) {
                text.tick x=(round(x(step))) y=(HEIGHT - 14.0) text-anchor="middle" { (step) }
            }
            text.tick x=(WIDTH - 12.0) y=(HEIGHT - 1.0) text-anchor="end" { "steps" }
            @for dtype in [Dtype::Float64, Dtype::Float32] {
                @let of_dtype: Vec<_> = findings.iter().filter(|f| f.dtype == Some(dtype)).collect();
                @if !of_dtype.is_empty() {
                    @let unit = round(y(unit_roundoff(dtype)));
                    line.unit.(class(dtype)) x1=(LEFT) x2=(WIDTH - 12.0) y1=(unit) y2=(unit) {}
                    @for finding in &of_dtype {
                        polyline class=(class(dtype)) points=(points(&finding.growth, x)) {
                            title { (finding.case) ", " (name(dtype)) }
                        }
                    }
                    polyline.median.(class(dtype)) points=(points(&median(&of_dtype, steps), x)) {
                        title { "median, " (name(dtype)) }
                    }
                }
            }
        }
    }
}

/// The median over the cases that have a step, where these are at least [`CROWD`].
fn median(findings: &[&&Finding], steps: usize) -> Vec<Option<Number>> {
    let of_step = |step: usize| {
        let errors = findings.iter().filter_map(|f| f.growth.get(step).copied().flatten());
        let mut errors: Vec<f64> = errors.map(|number| number.0).collect();
        errors.sort_by(f64::total_cmp);
        errors.get(errors.len() / 2).filter(|_| errors.len() >= CROWD).map(|&error| Number(error))
    };
    (0..steps).map(of_step).collect()
}

fn points(errors: &[Option<Number>], x: impl Fn(usize) -> f64) -> String {
    let point = |(step, error): (usize, &Option<Number>)| {
        error.map(|Number(error)| format!("{},{}", round(x(step)), round(y(error))))
    };
    errors.iter().enumerate().filter_map(point).collect::<Vec<_>>().join(" ")
}

/// The height of an error.
fn y(error: f64) -> f64 {
    let power = error.log10().clamp(LOWEST, HIGHEST);
    TOP + (HEIGHT - TOP - BOTTOM) * (HIGHEST - power) / (HIGHEST - LOWEST)
}

fn round(pixels: f64) -> f64 {
    (10.0 * pixels).round() / 10.0
}

fn class(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::Float64 => "double",
        Dtype::Float32 => "single",
    }
}

fn name(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::Float64 => "float64",
        Dtype::Float32 => "float32",
    }
}
