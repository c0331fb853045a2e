//! What a subject looks like over all the cases in which it diverges.

use super::looks;
use anyhow::Result;
use conformance::mutants::{Catalogue, Mutant};
use conformance::{Bounds, Subject};
use fixtures::Case;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// By subject, how many of its diverging cases each mistake explains.
#[derive(Default)]
pub struct Suspects(BTreeMap<String, Explained>);

#[derive(Default)]
struct Explained {
    cases: usize,
    by: BTreeMap<Mutant, usize>,
}

impl Suspects {
    /// Runs a subject over a case in which it diverges, and notes what that looks like.
    ///
    /// # Errors
    /// If the subject fails.
    pub fn note(&mut self, subject: &Subject, case: &Case, bounds: &Bounds) -> Result<()> {
        let trace = subject.trace(case)?;
        let explained = self.0.entry(subject.to_string()).or_default();
        explained.cases += 1;
        for mutant in Catalogue::of(case).diagnose(&trace, bounds).whole {
            *explained.by.entry(mutant).or_default() += 1;
        }
        Ok(())
    }

    /// The mistakes that explain most of the diverging cases, subject by subject.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for (subject, Explained { cases, by }) in &self.0 {
            let Some(&most) = by.values().max() else {
                writeln!(out, "{subject} looks like no mistake of the catalogue")?;
                continue;
            };
            writeln!(out, "{subject}: {most} of {cases} diverging cases look like")?;
            for (mutant, _) in by.iter().filter(|(_, explains)| **explains == most) {
                writeln!(out, "  {}", looks::line(*mutant))?;
            }
        }
        Ok(())
    }
}
