//! The list of expected failures of `run`.

use super::Replayed;
use anyhow::{Context, Result, ensure};
use clap::Args;
use conformance::ReplayMode;
use conformance::report::expected::{Expected, Untrue};
use conformance::report::{Finding, Listed, Verdict};
use fixtures::Error;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What is known to fail.
#[derive(Args, Default)]
#[command(next_help_heading = "If it is known to fail")]
pub struct List {
    /// The failures that are expected of the command, one a line: CASE MODE HOW.
    ///
    /// They do not count. An entry that no longer fails or fails otherwise does, and one that names
    /// no case is an error. Write down what is known with --fix.
    #[arg(long, value_name = "FILE", requires = "subject")]
    expected_failures: Option<PathBuf>,
    /// Rewrite the list: what fails now is expected from now on.
    ///
    /// Comments of what still fails stay. Only after a whole run: not with --only or --mode.
    #[arg(long, requires = "expected_failures", conflicts_with_all = ["only", "mode"])]
    fix: bool,
}

/// What came of the list.
#[derive(Default)]
pub struct Concluded {
    /// What is wrong with it, with file and line.
    pub untrue: Vec<String>,
    /// What was written, if it was.
    pub rewritten: Option<String>,
}

impl List {
    /// Reads the list, or begins one.
    pub fn read(&self, subject: Option<&str>, cases: &BTreeSet<&str>) -> Result<Expected> {
        let Some(path) = &self.expected_failures else {
            return Ok(Expected::default());
        };
        ensure!(
            !matches!(subject, Some("reference" | "tch")),
            "--expected-failures is for a command; the project's own engines have no excuse"
        );
        let expected = match fixtures::read_text(path) {
            Ok(text) => Expected::parse(&text).with_context(|| path.display().to_string())?,
            Err(Error::Read { error, .. }) if error.kind() == ErrorKind::NotFound => {
                let begins = || format!("{} (--fix begins it)", path.display());
                if self.fix { Expected::default() } else { Err(error).with_context(begins)? }
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(Untrue { line, why }) = expected.strangers(cases).first().filter(|_| !self.fix)
        {
            let path = path.display();
            anyhow::bail!("{path}: line {line}: {why}; take it out, by hand or with --fix");
        }
        Ok(expected)
    }

    /// Holds the list against what was found, and rewrites it where that is wanted.
    pub fn conclude(&self, expected: &Expected, replayed: &[Replayed]) -> Result<Concluded> {
        let Some(path) = &self.expected_failures else {
            return Ok(Concluded::default());
        };
        if self.fix {
            let rewritten = Some(rewrite(path, expected, replayed)?);
            return Ok(Concluded { rewritten, ..Concluded::default() });
        }
        let untrue = replayed.iter().flat_map(|replayed| untrue(expected, replayed));
        let told = untrue.map(|Untrue { line, why }| {
            format!("{}:{line}: {why}; --fix rewrites the list", path.display())
        });
        Ok(Concluded { untrue: told.collect(), rewritten: None })
    }
}

/// What the list says wrongly of a replay; and of the steps of a case that was declined as a whole,
/// which are not replayed.
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
        0 => format!("{path}: nothing is expected to fail"),
        count => format!("{path}: {count} expected from now on; say beside each why"),
    })
}

impl Concluded {
    /// The findings, as the list has them now.
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
