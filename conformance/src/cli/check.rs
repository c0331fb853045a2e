//! `conformance check`: is this trace right?

use super::reports::{self, Reports};
use super::{Verdict, text};
use anyhow::Result;
use clap::{Args, ValueEnum};
use conformance::manifest::{self, Identity};
use conformance::mutants::Catalogue;
use conformance::report::{Finding, Report, ReportSchema};
use conformance::{Bounds, Origin, bounds_for, is_large, judge_own_state, judge_trajectory};
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
    #[command(flatten)]
    reports: Reports,
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

impl Check {
    pub fn execute(self, out: &mut impl Write) -> Result<Verdict> {
        self.reports.can_be_written()?;
        let corpus = Identity::built_in();
        let found = self.judge();
        let holds = fixtures::read_whole(&self.case).is_ok_and(|case| manifest::holds(&case));
        match (self.format, &found) {
            (Format::Text, Ok(finding)) => print(out, finding, &corpus, holds)?,
            (Format::Text, Err(_)) => {}
            (Format::Json, found) => writeln!(out, "{}", json(found, &corpus, holds)?)?,
        }
        let report = Report {
            schema: ReportSchema::V1,
            program: reports::program(),
            corpus,
            findings: vec![found?],
            trials: Vec::new(),
            suspects: Vec::new(),
            untrue: Vec::new(),
        };
        self.reports.write(&report)?;
        Ok(if report.passes() { Verdict::Conforms } else { Verdict::Diverges })
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

    fn judge(&self) -> Result<Finding> {
        let case = Case::read(&self.case)?;
        let got = Trace::read(&self.trace, &case)?;
        let bounds = self.bounds(&case, got.producer.dtype)?;
        let judgement = match &self.expected {
            Some(path) => judge_trajectory(&case, &Trace::read(path, &case)?, &got, &bounds),
            None => judge_own_state(&case, &got, &bounds)?,
        };
        let is_sought = !judgement.conforms() && judgement.origin == Origin::Sampled;
        let diagnosis = is_sought.then(|| Catalogue::of(&case).diagnose(&got, &bounds));
        let producer = format!("{} {}", got.producer.name, got.producer.version);
        Ok(Finding::judged(&case, &producer, None, &judgement, diagnosis.as_ref()))
    }
}

/// The verdict for people.
fn print(
    out: &mut impl Write,
    finding: &Finding,
    corpus: &Identity,
    holds: bool,
) -> io::Result<()> {
    text::verdict(out, finding)?;
    let stranger = if holds { "" } else { ", of which this case is none" };
    writeln!(out, "{corpus}{stranger}")?;
    match &finding.looks_like {
        Some(looks) => text::looks(out, looks),
        None if finding.divergence.is_none() => Ok(()),
        None => writeln!(
            out,
            "what it looks like was not looked for: the case is too large; a smaller batch tells"
        ),
    }
}

/// The verdict for programs: a finding of `adaact.report/1`, with the corpus and whether that holds
/// the case.
fn json(found: &Result<Finding>, corpus: &Identity, holds: bool) -> Result<Value> {
    let mut verdict = match found {
        Ok(finding) => serde_json::to_value(finding)?,
        Err(error) => json!({ "verdict": "unusable", "error": format!("{error:#}") }),
    };
    verdict["corpus"] = serde_json::to_value(corpus)?;
    verdict["corpus"]["holds_case"] = holds.into();
    Ok(verdict)
}
