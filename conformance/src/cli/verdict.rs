//! The verdict of `check`, for people.

use super::style::{BAD, GOOD};
use conformance::report::{Finding, Point, Verdict};
use conformance::{Basis, Origin, Stage, WAYS};
use std::io::{self, Write};

/// The verdict, and how it was reached.
pub fn verdict(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let Finding { case, steps, .. } = finding;
    if finding.verdict == Verdict::Diverges {
        writeln!(out, "{BAD}diverges{BAD:#}: case {case}, {}", finding.sentence())?;
    } else {
        let dtype = finding.dtype.map_or("-".to_owned(), |dtype| dtype.to_string());
        let part = part(finding);
        writeln!(out, "{GOOD}conforms{GOOD:#}: case {case}, {steps} steps, {dtype}{part}")?;
    }
    if let Some(largest) = &finding.largest {
        writeln!(out, "largest relative to its bound: {largest}")?;
    }
    if let Some(first) = &finding.divergence {
        writeln!(out, "diverging steps: {} of {steps}", finding.diverging_steps.len())?;
        stages_of_step(out, finding, first)?;
    }
    for kinks in &finding.kinks {
        writeln!(out, "kinks: {kinks}")?;
    }
    how_judged(out, finding)
}

/// `, in the 3 of 10 stages that it reports`; nothing if the trace has all.
fn part(finding: &Finding) -> String {
    let missing = &finding.not_judged;
    if missing.is_empty() {
        return String::new();
    }
    let whole = finding.ratios.keys().filter(|stage| !missing.contains(stage)).count();
    format!(", in the {whole} of {} stages that it reports", whole + missing.len())
}

/// `steps[0]: scale, update, parameters diverge; mean_square, outputs, … conform`: how far a
/// fault has spread in the step in which it shows first.
fn stages_of_step(out: &mut impl Write, finding: &Finding, first: &Point) -> io::Result<()> {
    let ratio = |stage: &Stage| finding.ratio_at(*stage, first.step);
    let judged = Stage::ALL.into_iter().filter(|stage| ratio(stage).is_some());
    let diverges =
        |stage: &Stage| *stage == first.stage || !ratio(stage).is_some_and(|ratio| ratio <= 1.0);
    let (diverging, conforming): (Vec<_>, Vec<_>) = judged.partition(diverges);
    write!(out, "steps[{}]: {} diverge", first.step, listed(&diverging))?;
    match conforming.is_empty() {
        true => writeln!(out),
        false => writeln!(out, "; {} conform", listed(&conforming)),
    }
}

fn listed(stages: &[Stage]) -> String {
    stages.iter().map(|stage| stage.name()).collect::<Vec<_>>().join(", ")
}

/// What was judged, how, and what was not.
fn how_judged(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let how = match finding.judged {
        Some(Basis::OwnState) => "every step from the trace's own state before it",
        Some(Basis::GoldenState) => "every step from the golden state before it",
        Some(Basis::Trajectory | Basis::OwnStages) | None => "the whole trajectory",
    };
    let stages = match finding.stage_by_stage.as_slice() {
        [] => String::new(),
        stages => format!("; also stage by stage: {}", listed(stages)),
    };
    writeln!(out, "judged: {how}{stages}")?;
    if finding.bounds == Some(Origin::Estimated) && finding.reported.is_empty() {
        writeln!(
            out,
            "bounds: estimated, because the case is large, from {WAYS} runs of the reference and one \
             of the slow copy that differ by rounding; kinks were not searched for"
        )?;
    }
    if !finding.reported.is_empty() {
        writeln!(
            out,
            "reported but not judged, because in float32 rounding decides kinks of a network this \
             large:"
        )?;
    }
    for point in &finding.reported {
        writeln!(out, "  {point}")?;
    }
    if !finding.not_judged.is_empty() {
        let missing = listed(&finding.not_judged);
        writeln!(out, "not judged, because a trace leaves them out at some step: {missing}")?;
    }
    if !finding.clauses_not_judged.is_empty() {
        let clauses = finding.clauses_not_judged.join(", ");
        writeln!(out, "clauses not judged by their own stages: {clauses}")?;
    }
    Ok(())
}
