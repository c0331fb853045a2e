//! Findings as rows: one subject in one dtype, case by case.

use crate::bounds::ReplayMode;
use crate::report::{Finding, Report};
use fixtures::Dtype;

/// What one subject did in one dtype.
pub struct Group<'r> {
    pub subject: &'r str,
    /// `None` if no replay of the subject left a trace.
    pub dtype: Option<Dtype>,
    pub rows: Vec<Row<'r>>,
}

/// The replays of one case.
pub struct Row<'r> {
    pub case: &'r str,
    pub findings: Vec<&'r Finding>,
}

impl<'r> Group<'r> {
    /// All groups of a report, in the order in which they come.
    pub fn all(report: &'r Report) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        let subject = |finding: &Finding, group: &Self| group.subject == finding.subject;
        // First those with a dtype; what has none then joins its subject.
        let (with, without): (Vec<_>, Vec<_>) =
            report.findings.iter().partition(|finding| finding.dtype.is_some());
        for finding in with {
            let known = groups.iter_mut().find(|g| subject(finding, g) && g.dtype == finding.dtype);
            known_or_new(known, finding).map(|group| groups.push(group));
        }
        for finding in without {
            let known = groups.iter_mut().find(|g| subject(finding, g));
            known_or_new(known, finding).map(|group| groups.push(group));
        }
        for group in &mut groups {
            group.rows.sort_by_key(|row| row.case);
        }
        groups
    }

    /// `tch, float32`
    pub fn title(&self) -> String {
        let dtype = match self.dtype {
            Some(Dtype::Float64) => "float64",
            Some(Dtype::Float32) => "float32",
            None => "no trace",
        };
        format!("{}, {dtype}", self.subject)
    }

    fn add(&mut self, finding: &'r Finding) {
        match self.rows.iter_mut().find(|row| row.case == finding.case) {
            Some(row) => row.findings.push(finding),
            None => self.rows.push(Row { case: &finding.case, findings: vec![finding] }),
        }
    }
}

/// Adds a finding to its group, or returns a new group that holds it.
fn known_or_new<'r>(known: Option<&mut Group<'r>>, finding: &'r Finding) -> Option<Group<'r>> {
    if let Some(group) = known {
        group.add(finding);
        return None;
    }
    let mut group = Group { subject: &finding.subject, dtype: finding.dtype, rows: Vec::new() };
    group.add(finding);
    Some(group)
}

/// Where the page tells more of a finding that does not conform.
pub fn anchor(finding: &Finding) -> String {
    let mode = finding.mode.map_or("check", ReplayMode::name);
    let word = |text: &str| -> String {
        let keep = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        text.chars().map(keep).collect()
    };
    let dtype = match finding.dtype {
        Some(Dtype::Float64) => "float64",
        Some(Dtype::Float32) => "float32",
        None => "none",
    };
    format!("failure-{}-{}-{dtype}-{mode}", word(&finding.case), word(&finding.subject))
}
