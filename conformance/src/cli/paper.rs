//! `conformance paper`: do finished training runs bear out what the paper claims?

use super::Verdict;
use super::check::Format;
use anyhow::Result;
use clap::{Args, ValueEnum};
use paper::{Claims, Found, Plan, Report, find, find_some, sift};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

/// Judge the paper's claims about training by the runs that were made.
///
/// A run is a directory with run.json and metrics.jsonl, as `cifar` leaves it. Runs of AdaAct are
/// paired by seed with those of SGD, Adam and AdamW, and a one-sided paired t-test confirms or
/// refutes each claim, or says how many more runs it needs. Only runs of the paper's recipe count;
/// all others are listed with the reason. Stand-ins for the published images have tables of their
/// own. docs/paper.md says what the verdicts mean.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Paper {
    /// Where the runs lie, at any depth.
    #[arg(long, value_name = "DIR", required_unless_present = "plan")]
    runs: Option<PathBuf>,
    /// Judge runs with a schedule of N epochs instead of the recipe's: a rehearsal, and no verdict
    /// on the paper.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    epochs: Option<u64>,
    /// Other claims than the committed conformance/paper/claims.toml.
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// Print the commands that are still to be run instead, the most valuable first, with the time
    /// that they take by the runs that were made.
    #[arg(long)]
    plan: bool,
    /// Where the planned commands are to run.
    #[arg(long, value_enum, default_value_t, requires = "plan")]
    device: Device,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const EXAMPLES: &str = "\
Exit codes: 0 no claim is refuted, 1 a claim is refuted, on whichever images, 2 the input is
unusable.

Examples:
  conformance paper --plan                          everything that is to be run
  conformance paper --runs runs                     what the runs say so far
  conformance paper --runs runs --plan > missing.sh what is missing, as a script
  conformance paper --runs runs --epochs 3          a rehearsal with runs of 3 epochs";

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Device {
    /// The processor.
    Cpu,
    /// The first CUDA device.
    #[default]
    Cuda,
}

impl Paper {
    pub fn execute(self, out: &mut impl Write) -> Result<Verdict> {
        let said = match self.plan {
            true => self.plan(out),
            false => self.report(out),
        };
        if let (Err(error), Format::Json) = (&said, self.format) {
            writeln!(out, "{}", json!({ "verdict": "unusable", "error": format!("{error:#}") }))?;
        }
        said
    }

    fn report(&self, out: &mut impl Write) -> Result<Verdict> {
        let claims = self.claims()?;
        let epochs = self.epochs.unwrap_or(claims.recipe.epoch);
        let directory = self.runs.as_ref().expect("required without --plan");
        let sifted = sift(&find_some(directory)?, &claims, epochs);
        let report = Report::new(&claims, &sifted, epochs);
        match self.format {
            Format::Text => report.text(out)?,
            Format::Json => writeln!(out, "{}", report.json())?,
        }
        Ok(if report.refutes() { Verdict::Diverges } else { Verdict::Conforms })
    }

    /// Finding no runs is no error here: all are to be made.
    fn plan(&self, out: &mut impl Write) -> Result<Verdict> {
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
        Ok(Verdict::Conforms)
    }

    fn claims(&self) -> Result<Claims> {
        match &self.claims {
            Some(path) => Claims::read(path),
            None => Claims::committed(),
        }
    }
}
