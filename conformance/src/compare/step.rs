//! A step to compare, and its number in verdicts.

use fixtures::Case;

/// A step of a case, and the number that verdicts give it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CaseStep<'c> {
    /// The case that has the step.
    pub case: &'c Case,
    /// Its place among the case's steps.
    pub index: usize,
    /// Its place in the whole case, counted from 0 as in the file.
    pub number: usize,
}

impl<'c> CaseStep<'c> {
    /// A step of a whole case.
    pub fn of(case: &'c Case, step: usize) -> Self {
        Self { case, index: step, number: step }
    }

    /// The only step of a case that was cut to the `number`-th of another.
    pub fn cut(case: &'c Case, number: usize) -> Self {
        Self { case, index: 0, number }
    }
}
