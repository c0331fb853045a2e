//! What a subject looks like over all the cases in which it diverges.

use anstyle::Style;
use conformance::mistakes::{Diagnosis, Mutant};
use conformance::report::Suspect;
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
    /// Notes what the trace of a case in which a subject diverges looks like.
    pub fn note(&mut self, subject: &str, diagnosis: &Diagnosis) {
        let explained = self.0.entry(subject.to_owned()).or_default();
        explained.cases += 1;
        for &mutant in &diagnosis.whole {
            *explained.by.entry(mutant).or_default() += 1;
        }
    }

    /// The mistakes that explain most of the diverging cases, subject by subject.
    pub fn sum_up(self) -> Vec<Suspect> {
        let sum_up = |(subject, Explained { cases, by }): (String, Explained)| {
            let explained = by.values().max().copied().unwrap_or(0);
            let most = by.into_iter().filter(|(_, explains)| *explains == explained);
            let mistakes = most.map(|(mutant, _)| mutant.into()).collect();
            Suspect { subject, diverging: cases, explained, mistakes }
        };
        self.0.into_iter().map(sum_up).collect()
    }
}

/// The lines below those of all replays.
pub fn write(out: &mut impl Write, suspects: &[Suspect]) -> io::Result<()> {
    const BOLD: Style = Style::new().bold();
    for Suspect { subject, diverging, explained, mistakes } in suspects {
        if mistakes.is_empty() {
            writeln!(
                out,
                "{subject} looks like no mistake of the catalogue, which has those of the optimizer"
            )?;
            continue;
        }
        writeln!(out, "{subject}: {explained} of {diverging} diverging cases look like")?;
        for mistake in mistakes {
            writeln!(out, "  {BOLD}{mistake}{BOLD:#}")?;
        }
    }
    Ok(())
}
