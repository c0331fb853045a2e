//! The lines of `run`.

use super::style::{QUIET, mark};
use anstyle::Style;
use conformance::report::{Failed, Finding, Trial, Verdict};
use conformance::{FailureKind, error_line};
use std::io::{self, Write};

/// One line, of a replay or a trial.
struct Line<'l> {
    mark: (Style, &'static str),
    name: &'l str,
    subject: &'l str,
    dtype: &'l str,
    mode: &'l str,
    message: &'l str,
}

impl Line<'_> {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Line { mark: (style, mark), name, subject, dtype, mode, message } = self;
        let subject = shortened(subject);
        writeln!(out, "{style}{mark:8}{style:#} {name:28} {subject:9} {dtype:7} {mode:6} {message}")
    }
}

/// A command without its folders: `python3 port.py` for `/usr/bin/python3 ports/port.py`.
fn shortened(command: &str) -> String {
    let names = command.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    names.collect::<Vec<_>>().join(" ")
}

/// The line of a trial; `mode` says how it was run.
pub fn trial(out: &mut impl Write, trial: &Trial, mode: &str) -> io::Result<()> {
    let Trial { name, subject, dtype, verdict, message, .. } = trial;
    let (mark, dtype) = (mark(*verdict, Default::default()), dtype.to_string());
    Line { mark, name, subject, dtype: &dtype, mode, message }.write(out)
}

/// The line of a finding, and below it, if it does not conform, the command that replays it;
/// `shown` is what the subject wrote at its last failure.
pub fn finding(out: &mut impl Write, finding: &Finding, shown: Option<&str>) -> io::Result<()> {
    let Finding { case, subject, dtype, .. } = finding;
    let dtype = dtype.map_or("-".to_owned(), |dtype| dtype.to_string());
    let mode = finding.mode.expect("of a replay").name();
    let mark = mark(finding.verdict, finding.listed);
    let message = &finding.sentence();
    Line { mark, name: case, subject, dtype: &dtype, mode, message }.write(out)?;
    let failed = finding.failure.as_ref().filter(|_| finding.verdict == Verdict::Fails);
    for line in failed.map_or(Vec::new(), |failed| output_below(failed, shown)) {
        writeln!(out, "         {QUIET}| {line}{QUIET:#}")?;
    }
    match &finding.again {
        Some(again) => writeln!(out, "         {QUIET}again: {again}{QUIET:#}"),
        None => Ok(()),
    }
}

/// How many lines of what a subject wrote are shown below its failure.
const OUTPUT_LINES: usize = 6;

/// What a subject wrote, from the line that names the error, or else the end of it; nothing if the
/// line of the finding already has all of it.
fn output_below<'o>(failed: &'o Failed, shown: Option<&str>) -> Vec<&'o str> {
    let output = failed.output.trim_end();
    let lines: Vec<_> = output.lines().collect();
    let is_told = matches!(failed.kind, FailureKind::Ends(_)) && lines.len() == 1;
    if lines.is_empty() || is_told {
        return Vec::new();
    }
    if shown.is_some_and(|shown| shown.trim_end() == output) {
        return vec!["as above"];
    }
    let last = lines.len().saturating_sub(OUTPUT_LINES);
    let first = error_line(&lines).map_or(last, |line| line.min(last));
    let end = lines.len().min(first + OUTPUT_LINES);
    let dots = |left_out: bool| left_out.then_some("…");
    let below = dots(first > 0).into_iter().chain(lines[first..end].iter().copied());
    below.chain(dots(end < lines.len())).collect()
}
