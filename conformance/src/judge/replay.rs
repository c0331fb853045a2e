//! Traces held against what is expected of them: from their own state, over the whole trajectory,
//! or restarted from the golden state.

use super::judgement::Judgement;
use super::path::Path;
use crate::bounds::BoundSource;
use crate::compare::{
    Basis, Before, CaseStep, Judged, ReplayMode, report_state, reports_state, single_steps,
};
use crate::subject::{Failure, Subject};
use anyhow::Result;
use fixtures::model;
use fixtures::{Case, Dtype, StepTrace, Trace};

/// What came of a replay.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// How it was judged.
    pub judgement: Judgement,
    /// The trace, of a free replay.
    pub trace: Option<Trace>,
}

/// Runs a subject over a case and judges what comes out against the golden trace.
///
/// # Errors
/// If the subject fails, or what it returns is no trace of the case.
pub fn replay(
    subject: &Subject,
    case: &Case,
    golden: &Trace,
    bounds: &dyn BoundSource,
    mode: ReplayMode,
) -> Result<Replay, Failure> {
    match mode {
        ReplayMode::Free => {
            let trace = subject.trace(case)?;
            let judgement = judge_trajectory(case, golden, &trace, bounds);
            Ok(Replay { judgement, trace: Some(trace) })
        }
        ReplayMode::Forced => {
            let judgement = replay_forced(subject, case, golden, bounds)?;
            Ok(Replay { judgement, trace: None })
        }
    }
}

/// Restarts a subject at every step from the golden state before it.
fn replay_forced(
    subject: &Subject,
    case: &Case,
    golden: &Trace,
    bounds: &dyn BoundSource,
) -> Result<Judgement, Failure> {
    let mut judgement = Judgement::new(Dtype::Float64, Basis::GoldenState);
    for (step, cut) in single_steps(case, golden).into_iter().enumerate() {
        let part = format!("forced-{step}");
        let trace = subject.trace_part(&cut, &part).map_err(|failure| failure.in_step(step))?;
        judgement.dtype = trace.producer.dtype;
        let before = Before::start(&cut, &model::preconditioned(&cut.model));
        let mut path = Path::new(&golden.steps[step..=step], bounds);
        judgement.add_step(CaseStep::cut(&cut, step), &before, &mut path, &trace.steps[0]);
    }
    Ok(judgement)
}

/// Judges a trace without anything given but its case, as `conformance check` does.
///
/// From its own state: a trace that reports all of it is judged step by step, each computed by the
/// reference from what the trace reports after the step before, so that rounding does not
/// accumulate. Otherwise the whole trajectory is compared with the reference's. Stage by stage
/// applies in either way. The trace must fit the case.
///
/// # Errors
/// If the reference refuses the case.
pub fn judge_own_state(case: &Case, got: &Trace, bounds: &dyn BoundSource) -> Result<Judgement> {
    if !reports_state(case, got) {
        return Ok(judge_trajectory(case, &reference::trace(case)?, got, bounds));
    }
    let mut judgement = Judgement::new(got.producer.dtype, Basis::OwnState);
    for (step, before) in Before::steps(case, got).iter().enumerate() {
        add_own_state(&mut judgement, case, step, before, &got.steps[step], bounds)?;
    }
    Ok(judgement)
}

fn add_own_state(
    judgement: &mut Judgement,
    case: &Case,
    step: usize,
    before: &Before,
    got: &StepTrace,
    bounds: &dyn BoundSource,
) -> Result<()> {
    let head = before.head(case).expect("every step reports its state");
    let cut = Case { steps: vec![case.steps[step].clone()], ..head };
    let expected = [reference::Session::start(&cut)?.step(&cut.steps[0])?];
    let path = &mut Path::new(&expected, bounds);
    judgement.add_step(CaseStep::cut(&cut, step), before, path, got);
    Ok(())
}

/// The first divergence of a trace that is computed as it is judged: the first divergence of
/// [`judge_own_state`], without the steps after it.
///
/// If a step does not report its state and nothing has diverged until there, the whole trace is
/// judged. Its steps must fit the case.
///
/// # Errors
/// If the reference refuses the case.
pub fn first_divergence(
    case: &Case,
    dtype: Dtype,
    steps: impl Iterator<Item = StepTrace>,
    bounds: &dyn BoundSource,
) -> Result<Option<Judged>> {
    let mut judgement = Judgement::new(dtype, Basis::OwnState);
    let mut known = Vec::new();
    let mut steps = steps.fuse();
    while let Some(step) = steps.next() {
        known.push(step);
        if !report_state(case, &known) {
            known.extend(steps.by_ref());
            let expected = reference::trace(case)?;
            return Ok(trajectory(case, &expected.steps, dtype, &known, bounds).divergence);
        }
        let step = known.len() - 1;
        let before = Before::each(case, &known).pop().expect("a step");
        add_own_state(&mut judgement, case, step, &before, &known[step], bounds)?;
        if judgement.divergence.is_some() {
            break;
        }
    }
    Ok(judgement.divergence)
}

/// Judges a whole trajectory, and stage by stage; both traces must fit the case.
#[must_use]
pub fn judge_trajectory(
    case: &Case,
    expected: &Trace,
    got: &Trace,
    bounds: &dyn BoundSource,
) -> Judgement {
    trajectory(case, &expected.steps, got.producer.dtype, &got.steps, bounds)
}

fn trajectory(
    case: &Case,
    expected: &[StepTrace],
    dtype: Dtype,
    got: &[StepTrace],
    bounds: &dyn BoundSource,
) -> Judgement {
    let mut judgement = Judgement::new(dtype, Basis::Trajectory);
    let mut path = Path::new(expected, bounds);
    for (step, before) in Before::each(case, got).iter().enumerate() {
        judgement.add_step(CaseStep::of(case, step), before, &mut path, &got[step]);
    }
    judgement
}
