//! What people read: lines, verdicts, summaries.

use conformance::{Judged, Judgement, ReplayMode, Stage};
use fixtures::{Case, Dtype};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// The verdict at the start of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Within every bound.
    Ok,
    /// Beyond a bound.
    Diverges,
    /// Nothing to compare: the subject ended with an error.
    Fails,
}

/// One line of `run`.
pub fn line(
    mark: Mark,
    case: &str,
    subject: &str,
    dtype: &str,
    mode: ReplayMode,
    what: &str,
) -> String {
    let mark = match mark {
        Mark::Ok => "ok",
        Mark::Diverges => "DIVERGES",
        Mark::Fails => "FAILS",
    };
    format!("{mark:8} {case:28} {subject:9} {dtype:7} {:6} {what}", mode.name())
}

/// The line of `run` for a replay that could be judged.
pub fn judgement_line(case: &str, subject: &str, judged: &Judgement) -> (Mark, String) {
    let (mark, what) = judgement(judged);
    (mark, line(mark, case, subject, dtype(judged.dtype), judged.mode, &what))
}

/// A verdict in a few words: the first divergence, or the error largest against its bound.
pub fn judgement(judgement: &Judgement) -> (Mark, String) {
    match (&judgement.divergence, &judgement.largest) {
        (Some(first), _) => (Mark::Diverges, first.to_string()),
        (None, Some(largest)) => (Mark::Ok, summary(largest)),
        (None, None) => (Mark::Ok, "nothing to compare".to_owned()),
    }
}

/// A bar on standard error for work of so many parts; invisible unless that is a terminal.
pub fn progress(name: &str, parts: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}")
        .expect("the template is valid");
    ProgressBar::new(parts as u64).with_style(style).with_message(name.to_owned())
}

/// The verdict of `check`, for people.
pub fn verdict(out: &mut impl Write, case: &Case, judgement: &Judgement) -> io::Result<()> {
    match &judgement.divergence {
        Some(first) => writeln!(out, "diverges: case {}, {first}", case.name)?,
        None => writeln!(
            out,
            "conforms: case {}, {} steps, {}",
            case.name,
            judgement.steps,
            dtype(judgement.dtype)
        )?,
    }
    if let Some(largest) = &judgement.largest {
        writeln!(out, "largest against its bound: {}", summary(largest))?;
    }
    if !judgement.not_judged.is_empty() {
        let missing = names(&judgement.not_judged).join(", ");
        writeln!(out, "not judged, since not in both traces at every step: {missing}")?;
    }
    Ok(())
}

/// The verdict of `check`, for programs.
pub fn verdict_json(case: &Case, judgement: &Judgement) -> Value {
    json!({
        "verdict": if judgement.conforms() { "conforms" } else { "diverges" },
        "case": case.name,
        "dtype": dtype(judgement.dtype),
        "steps": judgement.steps,
        "divergence": judgement.divergence.as_ref().map(deviation_json),
        "largest": judgement.largest.as_ref().map(deviation_json),
        "not_judged": names(&judgement.not_judged),
    })
}

fn deviation_json(judged: &Judged) -> Value {
    let deviation = &judged.deviation;
    json!({
        "step": deviation.step,
        "stage": deviation.address.stage.name(),
        "name": deviation.address.name,
        "occurrence": deviation.address.occurrence,
        "index": deviation.index,
        "expected": number(deviation.expected),
        "got": number(deviation.got),
        "error": number(deviation.error),
        "bound": number(judged.bound),
    })
}

/// Non-finite values as the trace format spells them.
fn number(x: f64) -> Value {
    match x {
        x if x.is_finite() => json!(x),
        x if x.is_nan() => json!("NaN"),
        x if x > 0.0 => json!("Infinity"),
        _ => json!("-Infinity"),
    }
}

/// `3.1e-16 of 1e-12 (update of fc1, steps[2])`.
fn summary(judged: &Judged) -> String {
    let deviation = &judged.deviation;
    let address = &deviation.address;
    let owner =
        if address.name.is_empty() { String::new() } else { format!(" of {}", address.name) };
    format!(
        "{:.1e} of {:.0e} ({}{owner}, steps[{}])",
        deviation.error, judged.bound, address.stage, deviation.step
    )
}

/// The name of a dtype in the formats.
fn dtype(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::Float64 => "float64",
        Dtype::Float32 => "float32",
    }
}

fn names(stages: &BTreeSet<Stage>) -> Vec<&'static str> {
    stages.iter().map(|stage| stage.name()).collect()
}
