//! A mistake of the catalogue, as reports spell it.

use mistakes::Mistake;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::fmt;

/// A mistake of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named(pub &'static Mistake);

/// A mistake of the catalogue.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Mistake")]
pub(super) struct Spelled {
    /// Its name.
    name: &'static str,
    /// The clause that it breaks.
    clause: &'static str,
    /// What it is, in words that follow "what comes out with".
    what: &'static str,
}

impl Named {
    /// The clause that it breaks.
    #[must_use]
    pub fn clause(self) -> &'static str {
        self.0.clause
    }

    /// What it is, in words that follow "what comes out with".
    #[must_use]
    pub fn what(self) -> &'static str {
        self.0.what
    }
}

impl Serialize for Named {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Spelled { name: self.0.name, clause: self.clause(), what: self.what() }
            .serialize(serializer)
    }
}

/// `ε inside the root (epsilon-inside-root, S8)`
impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} ({}, {})", self.what(), self.0.name, self.clause())
    }
}
