//! The list of expected failures of `run`.

use super::replays::Replayed;
use super::subjects::Chosen;
use anyhow::{Context, Result, ensure};
use clap::Args;
use conformance::ReplayMode;
use conformance::report::expected::{Expected, Untrue};
use conformance::report::{Finding, Listed, Verdict};
use fixtures::Error;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The list of expected failures.
#[derive(Args, Default)]
#[command(next_help_heading = "If some cases are known to fail")]
pub struct List {
    /// The failures to expect of the command, one per line: CASE MODE HOW.
    ///
    /// Expected failures do not count. An entry that no longer fails, or fails in another way, does;
    /// one that names no case is an error. --fix writes the list for you.
    #[arg(long, value_name = "FILE", requires = "subject")]
    expected_failures: Option<PathBuf>,
    /// Rewrite the list: whatever fails now is expected from now on.
    ///
    /// Comments on entries that still fail are kept. Needs a whole run, without --only and --mode.
    #[arg(long, requires = "expected_failures", conflicts_with_all = ["only", "mode"])]
    fix: bool,
}

/// The result of comparing the list with a run.
#[derive(Default)]
pub struct Concluded {
    /// What is wrong with it, with file and line.
    pub untrue: Vec<String>,
    /// What was written, if it was.
    pub rewritten: Option<String>,
}

impl List {
    /// Reads the list, or starts an empty one.
    pub fn read(&self, subject: Option<&Chosen>, cases: &BTreeSet<&str>) -> Result<Expected> {
        let Some(path) = &self.expected_failures else {
            return Ok(Expected::default());
        };
        ensure!(
            !subject.is_some_and(Chosen::is_engine),
            "--expected-failures: only for a command; our own engines must not fail"
        );
        let expected = match fixtures::read_text(path) {
            Ok(text) => Expected::parse(&text).with_context(|| path.display().to_string())?,
            Err(Error::Read { error, .. }) if error.kind() == ErrorKind::NotFound => {
                let creates = || format!("{} (--fix creates it)", path.display());
                if self.fix { Expected::default() } else { Err(error).with_context(creates)? }
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(Untrue { line, why }) = expected.strangers(cases).first().filter(|_| !self.fix)
        {
            let path = path.display();
            anyhow::bail!("{path}: line {line}: {why}; remove the line, by hand or with --fix");
        }
        Ok(expected)
    }

    /// Compares the list with what was found, and rewrites it if asked to.
    pub fn conclude(&self, expected: &Expected, replayed: &[Replayed]) -> Result<Concluded> {
        let Some(path) = &self.expected_failures else {
            return Ok(Concluded::default());
        };
        if self.fix {
            let rewritten = Some(rewrite(path, expected, replayed)?);
            return Ok(Concluded { rewritten, ..Concluded::default() });
        }
        let untrue = replayed.iter().flat_map(|replayed| untrue(expected, replayed));
        let untrue = untrue.map(|Untrue { line, why }| {
            format!("{}:{line}: {why}; --fix rewrites the list", path.display())
        });
        Ok(Concluded { untrue: untrue.collect(), rewritten: None })
    }
}

/// What the list gets wrong about a replay; and, if the case was declined as a whole, about its
/// steps, which are not replayed.
fn untrue(expected: &Expected, Replayed { finding, failing }: &Replayed) -> Vec<Untrue> {
    let mode = finding.mode.expect("of a replay");
    let whole = finding.verdict == Verdict::Declines && mode == ReplayMode::Free;
    let steps = whole.then_some((ReplayMode::Forced, None));
    let all = [(mode, failing.as_ref())].into_iter().chain(steps);
    all.filter_map(|(mode, failing)| expected.untrue(&finding.case, mode, failing)).collect()
}

fn rewrite(path: &Path, expected: &Expected, replayed: &[Replayed]) -> Result<String> {
    let failures = replayed.iter().filter_map(|Replayed { finding, failing }| {
        let mode = finding.mode.expect("of a replay");
        failing.clone().map(|failing| (finding.case.clone(), mode, failing))
    });
    let new = expected.of(failures);
    fixtures::write_whole(path, new.to_string().as_bytes())?;
    let path = path.display();
    Ok(match new.len() {
        0 => format!("{path}: no failures are expected"),
        count => format!("{path}: {count} expected from now on; add the reason beside each"),
    })
}

impl Concluded {
    /// The findings, marked as the list now has them.
    pub fn findings(&self, replayed: Vec<Replayed>) -> Vec<Finding> {
        let conclude = |Replayed { mut finding, failing }: Replayed| {
            if self.rewritten.is_some() {
                let fails = failing.is_some();
                finding.listed = if fails { Listed::AsExpected } else { Listed::No };
            }
            finding
        };
        replayed.into_iter().map(conclude).collect()
    }
}
