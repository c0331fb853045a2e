//! Findings as rows: one subject in one dtype, case by case.

use crate::report::document::Report;
use crate::report::finding::Finding;
use crate::report::verdict::Verdict;
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
        // First those with a dtype; what has none then joins its subject.
        let (with, without): (Vec<_>, Vec<_>) =
            report.findings.iter().partition(|finding| finding.dtype.is_some());
        for finding in with.into_iter().chain(without) {
            let belongs = |group: &Self| {
                group.subject == finding.subject
                    && (finding.dtype.is_none() || finding.dtype == group.dtype)
            };
            match groups.iter().position(belongs) {
                Some(known) => groups[known].add(finding),
                None => groups.push(Self::of(finding)),
            }
        }
        for group in &mut groups {
            group.rows.sort_by_key(|row| row.case);
        }
        groups
    }

    /// `tch, float32`
    pub fn title(&self) -> String {
        match self.dtype {
            Some(dtype) => format!("{}, {dtype}", self.subject),
            None => format!("{}, no trace", self.subject),
        }
    }

    fn of(finding: &'r Finding) -> Self {
        let rows = vec![Row { case: &finding.case, findings: vec![finding] }];
        Self { subject: &finding.subject, dtype: finding.dtype, rows }
    }

    fn add(&mut self, finding: &'r Finding) {
        match self.rows.iter_mut().find(|row| row.case == finding.case) {
            Some(row) => row.findings.push(finding),
            None => self.rows.push(Row { case: &finding.case, findings: vec![finding] }),
        }
    }
}

impl Row<'_> {
    pub fn all(&self, verdict: Verdict) -> bool {
        self.findings.iter().all(|finding| finding.verdict == verdict)
    }

    /// Whether a mode diverges or fails.
    pub fn is_wrong(&self) -> bool {
        self.findings.iter().any(|finding| finding.verdict.is_wrong())
    }

    /// Whether a trace was judged, so that there are errors to show.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| !finding.ratios.is_empty())
    }
}
