//! What a subject looks like over all the cases in which it diverges.

use super::named::{Named, Spelled};
use crate::diagnosis::Diagnosis;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a subject looks like over all the cases in which it diverges.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Suspect {
    /// The subject.
    pub subject: String,
    /// In how many cases it diverges, as far as mistakes were looked for.
    pub diverging: usize,
    /// How many of these each of the mistakes explains.
    pub explained: usize,
    /// The mistakes that explain most of them.
    #[schemars(with = "Vec<Spelled>")]
    pub mistakes: Vec<Named>,
}

/// By subject, how many of its diverging cases each mistake explains.
#[derive(Default)]
pub struct Suspects(BTreeMap<String, Explained>);

#[derive(Default)]
struct Explained {
    cases: usize,
    /// By the mistake's name.
    by: BTreeMap<&'static str, usize>,
}

impl Suspects {
    /// Notes what the trace of a case looks like in which a subject diverges.
    pub fn note(&mut self, subject: &str, diagnosis: &Diagnosis) {
        let explained = self.0.entry(subject.to_owned()).or_default();
        explained.cases += 1;
        for mistake in &diagnosis.whole {
            *explained.by.entry(mistake.name).or_default() += 1;
        }
    }

    /// The mistakes that explain most of the diverging cases, subject by subject.
    #[must_use]
    pub fn sum_up(self) -> Vec<Suspect> {
        let sum_up = |(subject, Explained { cases, by }): (String, Explained)| {
            let explained = by.values().max().copied().unwrap_or(0);
            let most = mistakes::all().filter(|mistake| by.get(mistake.name) == Some(&explained));
            let mistakes = most.map(Named).collect();
            Suspect { subject, diverging: cases, explained, mistakes }
        };
        self.0.into_iter().map(sum_up).collect()
    }
}
