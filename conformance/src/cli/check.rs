//! `conformance check`: is this trace right?

use super::{Verdict, text};
use anyhow::Result;
use clap::{Args, ValueEnum};
use conformance::{Judgement, bounds_for, judge_own_state, judge_trajectory};
use fixtures::{Case, Trace};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

/// Compare a trace with what is expected, stage by stage.
///
/// A trace that reports parameters, buffers, ema and momentum is judged from its own state: the
/// reference computes every step from what the trace reports after the step before. Otherwise, or
/// with --expected, the whole trajectory is compared. Each stage of the optimizer is also computed
/// from the trace's own stage before it. The first line of the verdict names the first stage that
/// diverges: it stands closest to the fault.
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

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs, on one line.
    Json,
}

impl Check {
    pub fn execute(self, out: &mut impl Write) -> Result<Verdict> {
        let result = self.judge();
        match (self.format, &result) {
            (Format::Text, Ok((case, judgement))) => text::verdict(out, case, judgement)?,
            (Format::Json, Ok((case, judgement))) => {
                writeln!(out, "{}", text::verdict_json(case, judgement))?;
            }
            (Format::Json, Err(error)) => {
                writeln!(
                    out,
                    "{}",
                    json!({ "verdict": "unusable", "error": format!("{error:#}") })
                )?;
            }
            (Format::Text, Err(_)) => {}
        }
        result.map(|(_, judgement)| match judgement.conforms() {
            true => Verdict::Conforms,
            false => Verdict::Diverges,
        })
    }

    fn judge(&self) -> Result<(Case, Judgement)> {
        let case = Case::read(&self.case)?;
        let got = Trace::read(&self.trace, &case)?;
        let bounds = bounds_for(&case, Some(&self.case))?;
        let judgement = match &self.expected {
            Some(path) => judge_trajectory(&case, &Trace::read(path, &case)?, &got, &bounds),
            None => judge_own_state(&case, &got, &bounds)?,
        };
        Ok((case, judgement))
    }
}
