//! `conformance explain`: the arithmetic of one number.

use super::case::case_path;
use super::exit::Exit;
use anyhow::{Result, ensure};
use clap::Args;
use conformance::explain::{Entry, Line, explain};
use conformance::is_large;
use fixtures::{Case, Trace};
use std::io::Write;
use std::path::PathBuf;

/// Show the arithmetic of one number, from inputs to parameter
///
/// Every line has its clause, the formula in numbers, and the result, which later lines use. A
/// gradient begins with what the network's backward gives for each forward. With --trace, the step
/// starts from the state that the trace reports, and the trace's own number is printed below each
/// result.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub struct Explain {
    /// The case file, or the name of a case of the corpus.
    case: PathBuf,
    /// The step, counted from 0 as in verdicts.
    #[arg(long, default_value_t = 0)]
    step: usize,
    /// The full name of a preconditioned layer. Default: the first one.
    #[arg(long)]
    layer: Option<String>,
    /// The entry of the gradient, as ROW,COLUMN; or J for an entry of the scale, with the first row
    /// that it scales.
    #[arg(long, value_delimiter = ',', default_value = "0,0")]
    index: Vec<usize>,
    /// A trace of the case, to start from and to compare with.
    #[arg(long)]
    trace: Option<PathBuf>,
}

const EXAMPLE: &str = "\
Example, for \"steps[1], layer fc1, stage update, index [2, 3]\" of a verdict:
  conformance explain mlp-bias --step 1 --layer fc1 --index 2,3 --trace mine.json";

impl Explain {
    pub fn execute(self, out: &mut impl Write) -> Result<Exit> {
        let case = Case::read(case_path(&self.case)?)?;
        let trace = self.trace.as_deref().map(|path| Trace::read(path, &case)).transpose()?;
        ensure!(
            !is_large(&case),
            "case {}: too large to print its arithmetic; use a case of the same model with a smaller \
             batch or image",
            case.name
        );
        let entry = Entry::find(&case, self.layer.as_deref(), &self.index)?;
        let lines = explain(&case, self.step, &entry, trace.as_ref())?;
        let Entry { layer, row, column } = &entry;
        writeln!(
            out,
            "case {}, steps[{}], layer {layer}, [{row}, {column}]",
            case.name, self.step
        )?;
        for line in &lines {
            writeln!(out)?;
            write_line(out, line)?;
        }
        if case.steps[self.step].skip {
            writeln!(out, "\nS19  the step is skipped: nothing else changes")?;
        }
        Ok(Exit::Good)
    }
}

fn write_line(out: &mut impl Write, line: &Line) -> Result<()> {
    let Line { clause, symbol, expression, value, got } = line;
    writeln!(out, "{clause:4} {symbol}")?;
    writeln!(out, "       = {expression}")?;
    let value = format!("{value:?}");
    if value != *expression {
        writeln!(out, "       = {value}")?;
    }
    if let Some(got) = got {
        writeln!(out, "   trace {got:?}")?;
    }
    Ok(())
}
