//! How a finding is made: from a judgement and a diagnosis, or from a failure.

use super::failed::Failed;
use super::finding::Finding;
use super::kinks::Kinks;
use super::looks::Looks;
use super::point::Point;
use super::verdict::{Listed, Verdict};
use crate::compare::{ReplayMode, Stage};
use crate::diagnosis::Diagnosis;
use crate::judge::Judgement;
use crate::subject::Failure;
use fixtures::{Case, Number};
use std::collections::BTreeMap;
use std::time::Duration;

impl Finding {
    /// Nothing found yet.
    fn new(case: &Case, subject: &str, mode: Option<ReplayMode>, verdict: Verdict) -> Self {
        Self {
            verdict,
            message: String::new(),
            case: case.name.clone(),
            clauses: case.clauses.clone(),
            subject: subject.to_owned(),
            mode,
            listed: Listed::No,
            dtype: None,
            steps: 0,
            judged: None,
            stage_by_stage: Vec::new(),
            divergence: None,
            diverging_steps: Vec::new(),
            largest: None,
            bounds: None,
            reported: Vec::new(),
            kinks: Vec::new(),
            not_judged: Vec::new(),
            clauses_not_judged: Vec::new(),
            looks_like: None,
            ratios: BTreeMap::new(),
            growth: Vec::new(),
            failure: None,
            again: None,
            took: Duration::ZERO,
        }
    }

    /// Of a trace that was judged.
    #[must_use]
    pub fn judged(
        case: &Case,
        subject: &str,
        mode: Option<ReplayMode>,
        judgement: &Judgement,
        diagnosis: Option<&Diagnosis>,
    ) -> Self {
        let verdict = if judgement.conforms() { Verdict::Conforms } else { Verdict::Diverges };
        Self {
            message: summary(judgement),
            dtype: Some(judgement.dtype),
            steps: judgement.steps(),
            judged: Some(judgement.basis),
            stage_by_stage: judgement.stage_by_stage(),
            divergence: judgement.divergence.as_ref().map(Point::from),
            diverging_steps: judgement.diverging.iter().copied().collect(),
            largest: judgement.largest().map(Point::from),
            bounds: Some(judgement.origin),
            reported: judgement.reported.values().map(Point::from).collect(),
            kinks: judgement.kinks.iter().map(Kinks::from).collect(),
            not_judged: judgement.not_judged.iter().copied().collect(),
            clauses_not_judged: judgement.clauses_not_judged(),
            looks_like: diagnosis.map(Looks::from),
            ratios: ratios(judgement),
            growth: growth(judgement),
            ..Self::new(case, subject, mode, verdict)
        }
    }

    /// Of a subject that left no trace.
    #[must_use]
    pub fn failed(case: &Case, subject: &str, mode: ReplayMode, failure: &Failure) -> Self {
        let verdict = if failure.declines() { Verdict::Declines } else { Verdict::Fails };
        Self {
            message: failure.to_string(),
            failure: Some(Failed::from(failure)),
            ..Self::new(case, subject, Some(mode), verdict)
        }
    }
}

/// A judgement in a few words: the first divergence, or the error largest against its bound.
#[must_use]
pub fn summary(judgement: &Judgement) -> String {
    match (&judgement.divergence, judgement.largest()) {
        (Some(first), _) => first.to_string(),
        (None, Some(largest)) => format!("{}{}", Point::from(largest), crossed(judgement)),
        (None, None) => "nothing to compare".to_owned(),
    }
}

/// `; kinks: 3 taken on the other side`; nothing if there are none.
fn crossed(judgement: &Judgement) -> String {
    if judgement.kinks.is_empty() {
        return String::new();
    }
    let crossed: usize = judgement.kinks.iter().map(|crossing| crossing.crossed).sum();
    format!("; kinks: {crossed} taken on the other side")
}

/// By stage, the largest error of every step as a multiple of its bound, however it was judged.
fn ratios(judgement: &Judgement) -> BTreeMap<Stage, Vec<Option<Number>>> {
    let mut ratios = BTreeMap::new();
    for (step, figures) in judgement.history.iter().enumerate() {
        for ((stage, _), figure) in figures {
            let steps = ratios.entry(*stage).or_insert_with(|| vec![None; judgement.steps()]);
            let largest =
                steps[step].map_or(figure.ratio, |Number(so_far)| figure.ratio.max(so_far));
            steps[step] = Some(Number(largest));
        }
    }
    ratios
}

/// The error of the parameters after every step, not from the trace's own stages.
fn growth(judgement: &Judgement) -> Vec<Option<Number>> {
    let key = (Stage::Parameters, judgement.basis);
    let steps = judgement.history.iter();
    steps.map(|figures| figures.get(&key).map(|figure| Number(figure.error))).collect()
}
