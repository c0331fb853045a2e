//! The arguments, and which command they choose.

use super::bless::Bless;
use super::check::Check;
use super::corpus::Corpus;
use super::exit::{Exit, status};
use super::explain::Explain;
use super::matrix::Matrix;
use super::mutants::Mutants;
use super::paper::Paper;
use super::run::Run;
use super::tightness::Tightness;
use super::trace::Trace;
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

const ABOUT: &str = "\
Judges implementations of AdaAct, an optimizer for neural networks.

Type first:
  conformance check --case smoke --trace t.json  is this trace right?
  conformance run --subject './my-port'          run your port over all cases
  conformance                                    replay our own engines";

const MORE: &str = "\
A case is a file that says what to compute. A trace says what came out, step by
step. `conformance COMMAND --help` says more.

Exit codes: 0 conforms, 1 diverges, 2 the input is unusable.";

#[derive(Parser)]
#[command(version, about = ABOUT, after_help = MORE)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    color: colorchoice_clap::Color,
}

#[derive(Subcommand)]
enum Command {
    Check(Check),
    Run(Run),
    Trace(Trace),
    Explain(Explain),
    Corpus(Corpus),
    Bless(Bless),
    Mutants(Mutants),
    Matrix(Matrix),
    Tightness(Tightness),
    Paper(Paper),
}

impl Command {
    fn execute(self, out: &mut impl Write) -> Result<Exit> {
        match self {
            Command::Check(command) => command.execute(out),
            Command::Run(command) => command.execute(out),
            Command::Trace(command) => command.execute(),
            Command::Explain(command) => command.execute(out),
            Command::Corpus(command) => command.execute(out),
            Command::Bless(command) => command.execute(out),
            Command::Mutants(command) => command.execute(out),
            Command::Matrix(command) => command.execute(out),
            Command::Tightness(command) => command.execute(out),
            Command::Paper(command) => command.execute(out),
        }
    }
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.color.write_global();
    let mut out = anstream::stdout().lock();
    let command = arguments.command.unwrap_or_else(|| Command::Run(Run::default()));
    let ended = command.execute(&mut out);
    status(ended.and_then(|exit| out.flush().map(|()| exit).map_err(Into::into)))
}
