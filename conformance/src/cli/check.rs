//! `conformance check`: is this trace right?

use super::{Verdict, text};
use anyhow::Result;
use clap::{Args, ValueEnum};
use conformance::{Judgement, judge_trajectory};
use fixtures::{Case, Trace};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

/// Compare a trace with what is expected, stage by stage.
///
/// The expected values come from the reference, or from a golden trace. The first line of the
/// verdict names the first stage that diverges: it stands closest to the fault.
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
        let expected = match &self.expected {
            Some(path) => Trace::read(path, &case)?,
            None => reference::trace(&case)?,
        };
        let judgement = judge_trajectory(&case, &expected, &got);
        Ok((case, judgement))
    }
}
