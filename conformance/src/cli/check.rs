//! `conformance check`: is this trace right?

use super::case::case_path;
use super::exit::Exit;
use super::format::Format;
use super::looks::looks;
use super::progress::spinner;
use super::reports::{self, Reports};
use super::verdict::verdict;
use anyhow::Result;
use clap::Args;
use conformance::corpus::manifest::{self, Identity};
use conformance::diagnosis::{Catalogue, Diagnosis};
use conformance::explain::Entry;
use conformance::report::{Explains, Finding, Report, ReportSchema};
use conformance::{
    Basis, BoundSource, Bounds, Judgement, Origin, bounds_on_demand, is_large, judge_own_state,
    judge_trajectory,
};
use fixtures::{Case, Dtype, Trace};
use serde_json::{Value, json};
use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Compare a trace with the expected one, stage by stage
///
/// The first line of the verdict names the first stage that diverges: it is closest to the mistake.
/// The last lines name the known mistakes that produce such a trace, if there are any; `conformance
/// explain` shows the arithmetic.
///
/// A trace that reports parameters, buffers, ema and momentum is judged from its own state: the
/// reference computes every step from what the trace reports after the step before. Otherwise, or
/// with --expected, the whole trajectory is compared. Each stage of the optimizer is also computed
/// from the trace's own stage before it.
///
/// For a case as large as a step of ResNet-20 on 128 images, bounds are estimated rather than
/// sampled. The results of forwards and backwards are then judged in float64 only; in float32 they
/// are reported.
#[derive(Args)]
pub struct Check {
    /// The case file, or the name of a case of the corpus.
    #[arg(long)]
    case: PathBuf,
    /// The trace to judge.
    #[arg(long)]
    trace: PathBuf,
    /// A golden trace of the case. Without it, the reference computes what is expected.
    #[arg(long)]
    expected: Option<PathBuf>,
    /// How to print the verdict.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    reports: Reports,
}

impl Check {
    pub fn execute(self, out: &mut impl Write) -> Result<Exit> {
        self.reports.can_be_written()?;
        let corpus = Identity::built_in();
        let path = case_path(&self.case);
        let text = path.as_ref().ok().and_then(|path| fixtures::read_whole(path).ok());
        let holds = text.is_some_and(|text| manifest::holds(&text));
        let found = path.and_then(|path| self.judge(&path));
        match (self.format, &found) {
            (Format::Text, Ok(found)) => self.print(out, found, &corpus, holds)?,
            (Format::Text, Err(_)) => {}
            (Format::Json, found) => {
                let finding = found.as_ref().map(|found| &found.finding);
                writeln!(out, "{}", json(finding, &corpus, holds)?)?;
            }
        }
        let report = Report {
            schema: ReportSchema::V1,
            program: reports::program(),
            corpus,
            findings: vec![found?.finding],
            trials: Vec::new(),
            suspects: Vec::new(),
            untrue: Vec::new(),
        };
        self.reports.write(&report)?;
        Ok(Exit::good_if(report.passes()))
    }

    fn judge(&self, case_path: &Path) -> Result<Found> {
        let case = Case::read(case_path)?;
        let got = Trace::read(&self.trace, &case)?;
        let expected = self.expected.as_ref().map(|path| Trace::read(path, &case)).transpose()?;
        let spinner = spinner("bounds of this case, a minute or two if it is large");
        let start = Instant::now();
        let judged = judge(&case, case_path, &got, expected.as_ref());
        let took = start.elapsed();
        spinner.finish_and_clear();
        let (judgement, diagnosis) = judged?;
        let producer = format!("{} {}", got.producer.name, got.producer.version);
        let finding = Finding::judged(&case, &producer, None, &judgement, diagnosis.as_ref());
        let finding = Finding { took, ..finding };
        let deviation = judgement.divergence.map(|judged| judged.deviation);
        let entry = deviation.filter(|_| diagnosis.is_some());
        let entry = entry.and_then(|it| Entry::of(&case, &it));
        Ok(Found { finding, entry })
    }

    /// The verdict for people.
    fn print(
        &self,
        out: &mut impl Write,
        Found { finding, entry }: &Found,
        corpus: &Identity,
        holds: bool,
    ) -> Result<()> {
        verdict(out, finding)?;
        let stranger = if holds { "" } else { "; this case is not part of it" };
        writeln!(out, "{corpus}{stranger}")?;
        match (&finding.looks_like, &finding.divergence) {
            (Some(found), _) => looks(out, found)?,
            (None, None) => {}
            (None, Some(_)) => writeln!(
                out,
                "known mistakes were not searched for: the case is too large; try a smaller batch"
            )?,
        }
        let is_named =
            finding.looks_like.as_ref().is_some_and(|looks| looks.explains == Explains::Whole);
        if let (Some(entry), Some(first), false) = (entry, &finding.divergence, is_named) {
            writeln!(out, "see its arithmetic: {}", self.explain(entry, first.step, finding))?;
        }
        Ok(())
    }

    /// The command that shows how the first number that diverges is computed.
    fn explain(&self, entry: &Entry, step: usize, finding: &Finding) -> String {
        let program = env::args().next().unwrap_or_else(|| "conformance".to_owned());
        let (case, trace) = (self.case.display().to_string(), self.trace.display().to_string());
        let (number, index) = (step.to_string(), format!("{},{}", entry.row, entry.column));
        let mut words = vec![&*program, "explain", &case, "--step", &number];
        words.extend(["--layer", &entry.layer, "--index", &index]);
        // From the state before the step, which the trace has to report.
        if step == 0 || finding.judged == Some(Basis::OwnState) {
            words.extend(["--trace", &trace]);
        }
        shlex::try_join(words).expect("no word holds a NUL")
    }
}

/// What was found of the trace.
struct Found {
    finding: Finding,
    /// Where the first number that diverges is, if its arithmetic can be shown.
    entry: Option<Entry>,
}

/// The verdict on a trace, and what it looks like if it diverges.
fn judge(
    case: &Case,
    case_path: &Path,
    got: &Trace,
    expected: Option<&Trace>,
) -> Result<(Judgement, Option<Diagnosis>)> {
    let bounds = bounds(case, case_path, got.producer.dtype)?;
    let judgement = match expected {
        Some(expected) => judge_trajectory(case, expected, got, &*bounds),
        None => judge_own_state(case, got, &*bounds)?,
    };
    let is_sought = !judgement.conforms() && judgement.origin == Origin::Sampled;
    let diagnosis = is_sought.then(|| Catalogue::of(case).diagnose(got, &*bounds));
    Ok((judgement, diagnosis))
}

fn bounds(case: &Case, case_path: &Path, dtype: Dtype) -> Result<Box<dyn BoundSource>> {
    if dtype == Dtype::Float32 && is_large(case) {
        return Ok(Box::new(Bounds::none(case)));
    }
    bounds_on_demand(case, Some(case_path))
}

/// The verdict for programs: a finding of `adaact.report/1`, with the corpus and whether that holds
/// the case.
fn json(found: Result<&Finding, &anyhow::Error>, corpus: &Identity, holds: bool) -> Result<Value> {
    let mut verdict = match found {
        Ok(finding) => serde_json::to_value(finding)?,
        Err(error) => json!({ "verdict": "unusable", "error": format!("{error:#}") }),
    };
    verdict["corpus"] = serde_json::to_value(corpus)?;
    verdict["corpus"]["holds_case"] = holds.into();
    Ok(verdict)
}
