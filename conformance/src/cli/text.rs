//! What people read: lines, verdicts, summaries.

use conformance::{Basis, Crossing, Deviation, Judged, Judgement, Origin, ReplayMode, Stage, WAYS};
use fixtures::{Case, Dtype};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::time::Duration;

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
    (mark, line(mark, case, subject, dtype(judged.dtype), judged.mode(), &what))
}

/// A verdict in a few words: the first divergence, or the error largest against its bound.
pub fn judgement(judgement: &Judgement) -> (Mark, String) {
    match (&judgement.divergence, judgement.largest()) {
        (Some(first), _) => (Mark::Diverges, first.to_string()),
        (None, Some(largest)) => (Mark::Ok, summary(largest) + &crossed(judgement)),
        (None, None) => (Mark::Ok, "nothing to compare".to_owned()),
    }
}

/// `; kinks: 3 taken on the other side`; nothing where there are none.
fn crossed(judgement: &Judgement) -> String {
    if judgement.kinks.is_empty() {
        return String::new();
    }
    let crossed: usize = judgement.kinks.iter().map(|crossing| crossing.crossed).sum();
    format!("; kinks: {crossed} taken on the other side")
}

/// A bar on standard error for work of so many parts; invisible unless that is a terminal.
pub fn progress(name: &str, parts: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}")
        .expect("the template is valid");
    ProgressBar::new(parts as u64).with_style(style).with_message(name.to_owned())
}

/// A sign of life on standard error for work whose parts cannot be counted; as [`progress`].
pub fn spinner(what: &'static str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(200));
    spinner
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
    if let Some(largest) = judgement.largest() {
        writeln!(out, "largest against its bound: {}", summary(largest))?;
    }
    if !judgement.conforms() {
        let diverging = judgement.diverging.len();
        writeln!(out, "diverging steps: {diverging} of {}", judgement.steps)?;
    }
    for crossing in &judgement.kinks {
        writeln!(out, "kinks: {crossing}")?;
    }
    let how = match judgement.basis {
        Basis::OwnState => "every step from the trace's own state before it",
        Basis::GoldenState => "every step from the golden state before it",
        _ => "the whole trajectory",
    };
    let stages = names(&judgement.stage_by_stage());
    let stages = if stages.is_empty() { "nothing".to_owned() } else { stages.join(", ") };
    writeln!(out, "judged: {how}; stage by stage: {stages}")?;
    if judgement.origin == Origin::Estimated && judgement.reported.is_empty() {
        writeln!(
            out,
            "bounds: estimated, since the case is large, from {WAYS} runs of the reference and one of \
             the slow copy that differ by rounding; kinks are not looked for"
        )?;
    }
    if !judgement.reported.is_empty() {
        writeln!(
            out,
            "reported, not judged, since in float32 rounding decides kinks of so large a network:"
        )?;
    }
    for deviation in judgement.reported.values() {
        writeln!(out, "  {}", reported(deviation))?;
    }
    if !judgement.not_judged.is_empty() {
        let missing = names(&judgement.not_judged).join(", ");
        writeln!(out, "not judged, since not in both traces at every step: {missing}")?;
    }
    let clauses = judgement.clauses_not_judged();
    if !clauses.is_empty() {
        writeln!(out, "clauses not judged by their own stages: {}", clauses.join(", "))?;
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
        "judged": judgement.basis.name(),
        "stage_by_stage": names(&judgement.stage_by_stage()),
        "divergence": judgement.divergence.as_ref().map(deviation_json),
        "diverging_steps": judgement.diverging,
        "largest": judgement.largest().map(deviation_json),
        "bounds": match judgement.origin {
            Origin::Sampled => "sampled",
            Origin::Estimated => "estimated",
        },
        "reported": judgement.reported.values().map(reported_json).collect::<Vec<_>>(),
        "kinks": judgement.kinks.iter().map(crossing_json).collect::<Vec<_>>(),
        "not_judged": names(&judgement.not_judged),
        "clauses_not_judged": judgement.clauses_not_judged(),
    })
}

fn crossing_json(crossing: &Crossing) -> Value {
    let Crossing { step, open, crossed } = crossing;
    json!({ "step": step, "open": open, "crossed": crossed })
}

fn deviation_json(judged: &Judged) -> Value {
    let mut deviation = reported_json(&judged.deviation);
    deviation["ulps"] = number(judged.ulps);
    deviation["bound"] = number(judged.bound);
    deviation
}

/// A deviation that no bound applies to.
fn reported_json(deviation: &Deviation) -> Value {
    let stage = deviation.address.stage;
    json!({
        "step": deviation.step,
        "stage": stage.name(),
        "clauses": stage.clauses(),
        "name": deviation.address.name,
        "occurrence": deviation.address.occurrence,
        "index": deviation.index,
        "expected": number(deviation.expected),
        "got": number(deviation.got),
        "error": number(deviation.error),
        "judged": deviation.basis.name(),
        "computed": deviation.basis.source(stage),
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
    let Judged { deviation, bound, .. } = judged;
    format!("{:.1e} of {bound:.1e} ({})", deviation.error, place(deviation))
}

/// `2.1e-4 (gradient of layer1_0.body.conv1, steps[0])`: without a bound.
fn reported(deviation: &Deviation) -> String {
    format!("{:.1e} ({})", deviation.error, place(deviation))
}

/// `update of fc1 from its own stages, steps[2]`.
fn place(deviation: &Deviation) -> String {
    let Deviation { address, basis, step, .. } = deviation;
    let owner =
        if address.name.is_empty() { String::new() } else { format!(" of {}", address.name) };
    let own = if *basis == Basis::OwnStages { " from its own stages" } else { "" };
    format!("{}{owner}{own}, steps[{step}]", address.stage)
}

/// The name of a dtype in the formats.
pub fn dtype(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::Float64 => "float64",
        Dtype::Float32 => "float32",
    }
}

fn names<'s>(stages: impl IntoIterator<Item = &'s Stage>) -> Vec<&'static str> {
    stages.into_iter().map(|stage| stage.name()).collect()
}
