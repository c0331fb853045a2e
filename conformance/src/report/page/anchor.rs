//! The place on the page with the details of a finding that does not conform.

use crate::compare::ReplayMode;
use crate::report::finding::Finding;
use crate::report::words::mode;
use fixtures::Dtype;
use maud::{Markup, Render};
use std::fmt;

/// Which trace a finding is of, and the place of its card on the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Anchor<'r> {
    case: &'r str,
    subject: &'r str,
    dtype: Option<Dtype>,
    mode: Option<ReplayMode>,
}

impl<'r> Anchor<'r> {
    pub fn of(finding: &'r Finding) -> Self {
        let Finding { case, subject, dtype, mode, .. } = finding;
        Self { case, subject, dtype: *dtype, mode: *mode }
    }

    /// Whether the two differ in nothing but their mode.
    pub fn is_beside(self, other: Self) -> bool {
        Self { mode: None, ..self } == Self { mode: None, ..other }
    }
}

/// As an `id`: letters, digits, hyphens, and everything else by its number, so that no two are the
/// same.
impl fmt::Display for Anchor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let word = |text: &str| -> String {
            let keep = |c: char| match c {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => c.to_string(),
                _ => format!("_{:x}_", u32::from(c)),
            };
            text.chars().map(keep).collect()
        };
        let (case, subject, mode) = (word(self.case), word(self.subject), mode(self.mode));
        match self.dtype {
            Some(dtype) => write!(f, "failure.{case}.{subject}.{dtype}.{mode}"),
            None => write!(f, "failure.{case}.{subject}.none.{mode}"),
        }
    }
}

impl Render for Anchor<'_> {
    fn render(&self) -> Markup {
        maud::html! { (self.to_string()) }
    }
}
