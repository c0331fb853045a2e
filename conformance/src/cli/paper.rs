//! `conformance paper`: do finished runs support what the paper claims?

use super::exit::Exit;
use super::format::Format;
use anyhow::Result;
use clap::{Args, ValueEnum};
use paper::{Claims, Found, Plan, Report, find, find_some, sift};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

/// Judge the paper's claims about training by finished runs
///
/// A run is a directory with run.json and metrics.jsonl, as `cifar` writes it. Runs of AdaAct are
/// paired by seed with those of SGD, Adam and AdamW. A one-sided paired t-test confirms or refutes
/// each claim, or says how many more runs it needs. Only runs of the paper's recipe count; all others
/// are listed with the reason. Stand-ins for the published images have tables of their own.
/// docs/paper.md says what the verdicts mean.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Paper {
    /// The directory with the runs, at any depth.
    #[arg(long, value_name = "DIR", required_unless_present = "plan")]
    runs: Option<PathBuf>,
    /// Judge runs with a schedule of N epochs instead of the recipe's: a rehearsal, not a verdict
    /// on the paper.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    epochs: Option<u64>,
    /// Judge other claims than the committed conformance/paper/claims.toml.
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// Print the missing training commands instead, the most valuable first, with the time that they
    /// will take, estimated from finished runs.
    #[arg(long)]
    plan: bool,
    /// The device for the planned commands.
    #[arg(long, value_enum, default_value_t, requires = "plan")]
    device: Device,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const EXAMPLES: &str = "\
Exit codes: 0 no claim is refuted, 1 a claim is refuted on some images, 2 the input is unusable.

Examples:
  conformance paper --plan                          all runs that the claims need
  conformance paper --runs runs                     what the runs say so far
  conformance paper --runs runs --plan > missing.sh the missing runs, as a script
  conformance paper --runs runs --epochs 3          a rehearsal with runs of 3 epochs";

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Device {
    /// The CPU.
    Cpu,
    /// The first CUDA device.
    #[default]
    Cuda,
}

impl Paper {
    pub fn execute(self, out: &mut impl Write) -> Result<Exit> {
        let said = match self.plan {
            true => self.plan(out),
            false => self.report(out),
        };
        if let (Err(error), Format::Json) = (&said, self.format) {
            writeln!(out, "{}", json!({ "verdict": "unusable", "error": format!("{error:#}") }))?;
        }
        said
    }

    fn report(&self, out: &mut impl Write) -> Result<Exit> {
        let claims = self.claims()?;
        let epochs = self.epochs.unwrap_or(claims.recipe.epoch);
        let directory = self.runs.as_ref().expect("required without --plan");
        let sifted = sift(&find_some(directory)?, &claims, epochs);
        let report = Report::new(&claims, &sifted, epochs);
        match self.format {
            Format::Text => report.text(out)?,
            Format::Json => writeln!(out, "{}", report.json())?,
        }
        Ok(Exit::good_if(!report.refutes()))
    }

    /// No runs are no error here: then all are missing.
    fn plan(&self, out: &mut impl Write) -> Result<Exit> {
        let claims = self.claims()?;
        let epochs = self.epochs.unwrap_or(claims.recipe.epoch);
        let found: Vec<Found> = match &self.runs {
            Some(directory) => find(directory)?,
            None => Vec::new(),
        };
        let device = match self.device {
            Device::Cpu => "cpu",
            Device::Cuda => "cuda",
        };
        let plan = Plan::new(&claims, &found, epochs, device);
        match self.format {
            Format::Text => plan.text(out)?,
            Format::Json => writeln!(out, "{}", plan.json())?,
        }
        Ok(Exit::Good)
    }

    fn claims(&self) -> Result<Claims> {
        match &self.claims {
            Some(path) => Claims::read(path),
            None => Claims::committed(),
        }
    }
}
