//! The command line: arguments in, one exit code out.

mod bless;
mod case;
mod check;
mod corpus;
mod digits;
mod explain;
mod matrix;
mod mutants;
mod paper;
mod reports;
mod run;
mod scenarios;
mod suspects;
mod text;
mod tightness;
mod trace;

use clap::{Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;
use text::BAD;

/// Holds implementations of AdaAct against the oracle.
///
/// A case is a file that says what to compute; a trace says what came out, step by step and stage
/// by stage. The reference computes what is right.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    color: colorchoice_clap::Color,
}

const EXAMPLES: &str = "\
Exit codes: 0 conforms, 1 diverges, 2 the input is unusable.

Examples:
  conformance                                    replay the whole corpus, both engines
  conformance run --only 'conv-*' --mode free    some cases, whole trajectories only
  conformance run --subject './my-port'          your port: called as ./my-port CASE TRACE
  conformance trace --case c.json --out t.json   the expected trace of your own case
  conformance check --case smoke --trace t.json  is my trace right?
  conformance paper --runs runs                  do my trainings bear out the paper?";

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    Trace(trace::Trace),
    Check(check::Check),
    Explain(explain::Explain),
    Corpus(corpus::Corpus),
    Bless(bless::Bless),
    Mutants(mutants::Mutants),
    Matrix(matrix::Matrix),
    Tightness(tightness::Tightness),
    Paper(paper::Paper),
}

/// What a command found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Conforms,
    Diverges,
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.color.write_global();
    let mut out = anstream::stdout().lock();
    let result = match arguments.command.unwrap_or_else(|| Command::Run(run::Run::default())) {
        Command::Run(command) => command.execute(&mut out),
        Command::Trace(command) => command.execute(),
        Command::Check(command) => command.execute(&mut out),
        Command::Explain(command) => command.execute(&mut out),
        Command::Corpus(command) => command.execute(&mut out),
        Command::Bless(command) => command.execute(&mut out),
        Command::Mutants(command) => command.execute(&mut out),
        Command::Matrix(command) => command.execute(&mut out),
        Command::Tightness(command) => command.execute(&mut out),
        Command::Paper(command) => command.execute(&mut out),
    };
    match result.and_then(|verdict| out.flush().map(|()| verdict).map_err(Into::into)) {
        Ok(Verdict::Conforms) => ExitCode::SUCCESS,
        Ok(Verdict::Diverges) => ExitCode::from(1),
        Err(error) if is_closed_pipe(&error) => ExitCode::from(2),
        Err(error) => {
            // Every other error of the system comes with the name of its file.
            let is_bare = error.is::<io::Error>() && error.chain().len() == 1;
            let place = if is_bare { "standard output: " } else { "" };
            // Standard error may be closed as well; there is nobody left to tell.
            let _ = writeln!(anstream::stderr(), "{BAD}error{BAD:#}: {place}{error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether whoever reads our output has gone, as `head` does: no reason for a message.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
