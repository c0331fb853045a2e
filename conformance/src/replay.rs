//! A subject over a case of the corpus, held against the golden trace.

use crate::bounds::ReplayMode;
use crate::compare::{StepComparison, compare_step};
use crate::judge::Judgement;
use crate::subject::Subject;
use anyhow::{Context, Result};
use fixtures::{Case, Dtype, LayerState, State, StepTrace, Trace};

/// Runs a subject over a case and judges what comes out.
///
/// # Errors
/// If the subject fails, or what it returns is no trace of the case.
pub fn replay(
    subject: &Subject,
    case: &Case,
    golden: &Trace,
    mode: ReplayMode,
) -> Result<Judgement> {
    match mode {
        ReplayMode::Free => {
            let trace = subject.trace(case)?;
            Ok(judge_trajectory(case, golden, &trace))
        }
        ReplayMode::Forced => {
            let mut comparisons = Vec::new();
            let mut dtype = Dtype::Float64;
            for (step, cut) in single_steps(case, golden).into_iter().enumerate() {
                let trace = subject.trace(&cut).with_context(|| format!("steps[{step}]"))?;
                let compared = compare_step(&cut, 0, &golden.steps[step], &trace.steps[0]);
                comparisons.push(at_step(compared, step));
                dtype = trace.producer.dtype;
            }
            Ok(Judgement::new(dtype, mode, comparisons))
        }
    }
}

/// Judges a whole trajectory; both traces must fit the case.
#[must_use]
pub fn judge_trajectory(case: &Case, expected: &Trace, got: &Trace) -> Judgement {
    let pairs = expected.steps.iter().zip(&got.steps).enumerate();
    let comparisons = pairs.map(|(step, (e, g))| compare_step(case, step, e, g));
    Judgement::new(got.producer.dtype, ReplayMode::Free, comparisons)
}

/// Whether a trace conforms to the expected one; ends at the first step that diverges.
#[must_use]
pub fn same_trajectory(case: &Case, expected: &Trace, got: &Trace) -> bool {
    expected.steps.iter().zip(&got.steps).enumerate().all(|(step, (e, g))| {
        let compared = compare_step(case, step, e, g);
        Judgement::new(got.producer.dtype, ReplayMode::Free, [compared]).conforms()
    })
}

fn at_step(mut comparison: StepComparison, step: usize) -> StepComparison {
    comparison.deviations.iter_mut().for_each(|deviation| deviation.step = step);
    comparison
}

/// The case cut to each of its steps, starting from what the trace reports after the step before.
///
/// The trace must be a full one.
#[must_use]
pub fn single_steps(case: &Case, trace: &Trace) -> Vec<Case> {
    let mut head = Case { steps: Vec::new(), ..case.clone() };
    let mut cuts = Vec::with_capacity(case.steps.len());
    for (step, after) in case.steps.iter().zip(&trace.steps) {
        cuts.push(Case { steps: vec![step.clone()], ..head.clone() });
        advance(&mut head, after);
    }
    cuts
}

/// Replaces parameters, buffers and state by what a step's trace reports.
fn advance(head: &mut Case, after: &StepTrace) {
    head.parameters.clone_from(&after.parameters);
    head.buffers.clone_from(&after.buffers);
    let mut layers = head.state.take().unwrap_or_default().layers;
    let step = after.step.unwrap_or_default();
    for (name, stages) in &after.layers {
        let before = layers.remove(name).map(|state| state.momentum);
        // A skipped step reports no momentum: its M is the one before (S19).
        let momentum = stages.momentum.clone().or(before);
        if let (Some(ema), Some(momentum)) = (stages.ema.clone(), momentum) {
            layers.insert(name.clone(), LayerState { ema, momentum });
        }
    }
    // With no step completed the format holds no averages: S6 resets V, and M is still 0.
    if step == 0 {
        layers.clear();
    }
    head.state = Some(State { step, layers });
}
