//! A report as JUnit XML, which continuous integration can show.

use super::document::Report;
use super::finding::Finding;
use super::trial::Trial;
use super::verdict::{Listed, Verdict};
use super::words::mode;
use crate::compare::ReplayMode;
use quick_junit::{NonSuccessKind, SerializeError, TestCase, TestCaseStatus, TestSuite};

/// A suite per subject and mode with a test per case, and one suite of scenarios and trainings.
///
/// A divergence is a failure, a missing trace an error; a case that is declined, or that fails as
/// expected, is skipped. Characters that XML forbids come out as U+FFFD.
///
/// # Errors
/// If a text cannot be written as XML.
pub fn render(report: &Report) -> Result<String, SerializeError> {
    let mut junit = quick_junit::Report::new("AdaAct conformance");
    let mut groups: Vec<Group> = Vec::new();
    for group in report.findings.iter().map(Group::of) {
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    for group in groups {
        let mut suite = suite(report, &group.name());
        let findings = report.findings.iter().filter(|finding| Group::of(finding) == group);
        suite.add_test_cases(findings.map(of_finding));
        junit.add_test_suite(suite);
    }
    if !report.trials.is_empty() {
        let mut suite = suite(report, "scenarios and trainings");
        suite.add_test_cases(report.trials.iter().map(of_trial));
        junit.add_test_suite(suite);
    }
    junit.to_string().map(|xml| xml.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
}

/// The findings of one suite.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Group<'r> {
    subject: &'r str,
    mode: Option<ReplayMode>,
}

impl<'r> Group<'r> {
    fn of(finding: &'r Finding) -> Self {
        Self { subject: &finding.subject, mode: finding.mode }
    }

    /// `./my-port free`
    fn name(self) -> String {
        format!("{} {}", self.subject, mode(self.mode))
    }
}

fn suite(report: &Report, name: &str) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.add_property(("conformance", report.program.as_str()));
    suite.add_property(("corpus.version", report.corpus.version.as_str()));
    suite.add_property(("corpus.sha256", report.corpus.digest.as_str()));
    suite
}

fn of_finding(finding: &Finding) -> TestCase {
    let mut status = status(finding.verdict, finding.listed, &finding.sentence());
    if finding.verdict.is_wrong() {
        let mistakes = finding.looks_like.iter().flat_map(|looks| &looks.mistakes);
        let looks = mistakes.map(|mistake| format!("matches a known mistake: {mistake}"));
        let again = finding.again.iter().map(|command| format!("again: {command}"));
        let output = finding.failure.iter().map(|failed| failed.output.clone());
        status.set_description(looks.chain(again).chain(output).collect::<Vec<_>>().join("\n"));
    }
    let mut test = TestCase::new(finding.case.as_str(), status);
    test.set_classname(Group::of(finding).name()).set_time(finding.took);
    if finding.verdict == Verdict::Conforms {
        test.set_system_out(nearest(finding));
    }
    test
}

/// `nearest its bound: an error of 3.1e-16 of 1e-12 (…)`; `equal to the last bit`
fn nearest(finding: &Finding) -> String {
    let off = finding.largest.as_ref().is_some_and(|largest| largest.error.0 != 0.0);
    let what = if off { "nearest its bound: an error of " } else { "" };
    format!("{what}{}", finding.message)
}

fn of_trial(trial: &Trial) -> TestCase {
    let status = status(trial.verdict, Listed::No, &trial.message);
    let name = format!("{} {} {}", trial.name, trial.subject, trial.dtype);
    let mut test = TestCase::new(name, status);
    test.set_time(trial.took);
    test
}

fn status(verdict: Verdict, listed: Listed, message: &str) -> TestCaseStatus {
    let mut status = match (verdict, listed) {
        (Verdict::Conforms, _) => return TestCaseStatus::success(),
        (Verdict::Declines, _) | (_, Listed::AsExpected) => TestCaseStatus::skipped(),
        (Verdict::Diverges, _) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        (Verdict::Fails, _) => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    status.set_message(message);
    status
}
