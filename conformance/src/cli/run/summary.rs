//! The last lines of `run`.

use crate::cli::looks::suspects;
use crate::cli::style::{BAD, GOOD, ODD};
use anyhow::Result;
use conformance::report::Report;
use std::io::Write;
use std::time::Duration;

/// What was declined and why, what explains the divergences, what is wrong with the list of expected
/// failures, and how often each verdict was given.
pub fn summary(out: &mut impl Write, report: &Report, took: Duration) -> Result<()> {
    for (why, cases) in report.declined() {
        let (count, s) = (cases.len(), if cases.len() == 1 { "" } else { "s" });
        writeln!(out, "{ODD}declined{ODD:#} {count} case{s}: {why}")?;
    }
    suspects(out, &report.suspects)?;
    for untrue in &report.untrue {
        writeln!(out, "{BAD}{untrue}{BAD:#}")?;
    }
    let tally = report.tally();
    if tally.judged() == 0 {
        writeln!(out, "{BAD}nothing was judged: every case was declined{BAD:#}")?;
    }
    let style = if report.passes() { GOOD } else { BAD };
    let seconds = took.as_secs_f64();
    writeln!(out, "{style}{tally}{style:#} in {seconds:.1} s")?;
    writeln!(out, "{}", report.corpus)?;
    Ok(())
}
