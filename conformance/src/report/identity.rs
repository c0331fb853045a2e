//! Which corpus a report is about.

use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;

/// A corpus, named so that two can be told apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Identity {
    /// What its file `VERSION` says, such as `1.0.0`, or `unversioned`.
    pub version: String,
    /// SHA-256 of its list of files, in hexadecimal.
    pub digest: String,
}

impl Identity {
    /// The first letters of the digest, enough for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.digest[..12]
    }
}

/// `corpus 1.0.0 (sha256 3f2a9c1b44d0)`
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "corpus {} (sha256 {})", self.version, self.short())
    }
}
