//! `conformance check`: is this trace right?

use super::{Verdict, looks, text};
use anyhow::Result;
use clap::{Args, ValueEnum};
use conformance::mutants::{Catalogue, Diagnosis};
use conformance::{
    Bounds, Judgement, Origin, bounds_for, is_large, judge_own_state, judge_trajectory,
};
use fixtures::{Case, Dtype, Trace};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

/// Compare a trace with what is expected, stage by stage.
///
/// A trace that reports parameters, buffers, ema and momentum is judged from its own state: the
/// reference computes every step from what the trace reports after the step before. Otherwise, or
/// with --expected, the whole trajectory is compared. Each stage of the optimizer is also computed
/// from the trace's own stage before it. The first line of the verdict names the first stage that
/// diverges: it stands closest to the fault. The last lines name the mistakes that come out like
/// this, if there are any in the catalogue; `conformance explain` shows the arithmetic.
///
/// Of a case as large as a step of ResNet-20 on 128 images, bounds are estimated rather than
/// sampled, and what forwards and backwards compute is judged in float64 only; in float32 it is
/// reported.
#[derive(Args)]
pub struct Check {
    /// The case file.
    #[arg(long)]
    case: PathBuf,
    /// The trace to judge.
    #[arg(long)]
    trace: PathBuf,
    /// A golden trace of the case; without it, the reference computes what is expected.
    #[arg(long)]
    expected: Option<PathBuf>,
    /// How to print the verdict.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How to print what was found.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs, on one line.
    Json,
}

/// What there is to say of a trace.
struct Found {
    case: Case,
    judgement: Judgement,
    /// What it looks like, if it diverges and the case is not too large to try mistakes on.
    diagnosis: Option<Diagnosis>,
}

impl Check {
    pub fn execute(self, out: &mut impl Write) -> Result<Verdict> {
        let found = self.judge();
        match self.format {
            Format::Text => found.iter().try_for_each(|found| found.text(out))?,
            Format::Json => {
                let verdict = match &found {
                    Ok(found) => found.json(),
                    Err(error) => json!({ "verdict": "unusable", "error": format!("{error:#}") }),
                };
                writeln!(out, "{verdict}")?;
            }
        }
        found.map(|found| match found.judgement.conforms() {
            true => Verdict::Conforms,
            false => Verdict::Diverges,
        })
    }

    fn bounds(&self, case: &Case, dtype: Dtype) -> Result<Bounds> {
        if dtype == Dtype::Float32 && is_large(case) {
            return Ok(Bounds::none(case));
        }
        let spinner = text::spinner("bounds of this case, a minute or two if it is large");
        let bounds = bounds_for(case, Some(&self.case));
        spinner.finish_and_clear();
        bounds
    }

    fn judge(&self) -> Result<Found> {
        let case = Case::read(&self.case)?;
        let got = Trace::read(&self.trace, &case)?;
        let bounds = self.bounds(&case, got.producer.dtype)?;
        let judgement = match &self.expected {
            Some(path) => judge_trajectory(&case, &Trace::read(path, &case)?, &got, &bounds),
            None => judge_own_state(&case, &got, &bounds)?,
        };
        let is_sought = !judgement.conforms() && judgement.origin == Origin::Sampled;
        let diagnosis = is_sought.then(|| Catalogue::of(&case).diagnose(&got, &bounds));
        Ok(Found { case, judgement, diagnosis })
    }
}

impl Found {
    fn text(&self, out: &mut impl Write) -> io::Result<()> {
        text::verdict(out, &self.case, &self.judgement)?;
        match &self.diagnosis {
            Some(diagnosis) => looks::text(out, diagnosis),
            None if self.judgement.conforms() => Ok(()),
            None => writeln!(
                out,
                "what it looks like was not looked for: the case is too large; a smaller batch tells"
            ),
        }
    }

    fn json(&self) -> Value {
        let mut verdict = text::verdict_json(&self.case, &self.judgement);
        verdict["looks_like"] = self.diagnosis.as_ref().map_or(Value::Null, looks::json);
        verdict
    }
}
