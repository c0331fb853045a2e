//! What a wrong trace looks like, as reports have it.

use super::named::{Named, Spelled};
use crate::diagnosis::Diagnosis;
use mistakes::Mistake;
use schemars::JsonSchema;
use serde::Serialize;

/// What a wrong trace looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Looks {
    /// How much of it the mistakes explain.
    pub explains: Explains,
    /// Mistakes that this case cannot tell apart.
    #[serde(rename = "mutants")]
    #[schemars(with = "Vec<Spelled>")]
    pub mistakes: Vec<Named>,
    /// If there are none: how many significant digits the trace was printed with, if those are too
    /// few to restore its numbers.
    pub digits: Option<usize>,
}

/// How much of a wrong trace is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Explains {
    /// All of it.
    Whole,
    /// What diverges first, and all before it.
    First,
    /// Nothing.
    Nothing,
}

impl From<&Diagnosis> for Looks {
    fn from(Diagnosis { whole, first, digits }: &Diagnosis) -> Self {
        let explains = match (whole.is_empty(), first.is_empty()) {
            (false, _) => Explains::Whole,
            (true, false) => Explains::First,
            (true, true) => Explains::Nothing,
        };
        let named: Vec<&'static Mistake> = whole.iter().chain(first).copied().collect();
        // If no layer has a bias, both come to the same, and the simpler words will do.
        let is_named = |name: &str| named.iter().any(|mistake| mistake.name == name);
        let needed = |mistake: &&'static Mistake| !mistake.simpler.is_some_and(is_named);
        let mistakes = named.iter().copied().filter(needed).map(Named).collect();
        Self { explains, mistakes, digits: *digits }
    }
}
