//! How a replay fails, in words that are the same on every machine.

use crate::compare::Stage;
use crate::judge::Judgement;
use crate::subject::{Failure, FailureKind};
use std::fmt;

/// How a replay fails, without step and figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failing {
    /// Its first divergence: `diverges at scale of fc1`.
    Diverges {
        /// The stage.
        stage: Stage,
        /// The layer, parameter or buffer; empty for the whole model.
        name: String,
    },
    /// There is no trace: `times out`.
    Fails(FailureKind),
    /// Words of a list that describe no failure.
    Unknown(String),
}

impl Failing {
    /// How a judged replay fails; `None` if it conforms.
    #[must_use]
    pub fn of(judgement: &Judgement) -> Option<Self> {
        let address = &judgement.divergence.as_ref()?.deviation.address;
        Some(Self::Diverges { stage: address.stage, name: address.name.clone() })
    }

    /// How a replay without a trace fails; `None` if the subject declines the case.
    #[must_use]
    pub fn without_trace(failure: &Failure) -> Option<Self> {
        (!failure.declines()).then(|| Self::Fails(failure.cause.kind()))
    }

    /// What the words of a list mean.
    pub(super) fn parse(words: &str) -> Self {
        let diverges = || {
            let place = words.strip_prefix("diverges at ")?;
            let (stage, name) = place.split_once(" of ").unwrap_or((place, ""));
            let stage = Stage::ALL.into_iter().find(|known| known.name() == stage)?;
            Some(Self::Diverges { stage, name: name.to_owned() })
        };
        let fails = || FailureKind::named(words).map(Self::Fails);
        diverges().or_else(fails).unwrap_or_else(|| Self::Unknown(words.to_owned()))
    }
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Diverges { stage, name } if name.is_empty() => write!(f, "diverges at {stage}"),
            Self::Diverges { stage, name } => write!(f, "diverges at {stage} of {name}"),
            Self::Fails(kind) => kind.fmt(f),
            Self::Unknown(words) => f.write_str(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        let scale = Failing::Diverges { stage: Stage::Scale, name: "block.fc1".to_owned() };
        let losses = Failing::Diverges { stage: Stage::Losses, name: String::new() };
        for (words, failing) in [
            ("diverges at scale of block.fc1", scale),
            ("diverges at losses", losses),
            ("times out", Failing::Fails(FailureKind::TimesOut)),
            ("diverges at noise of fc1", Failing::Unknown("diverges at noise of fc1".to_owned())),
        ] {
            assert_eq!(Failing::parse(words), failing);
            assert_eq!(failing.to_string(), words);
        }
    }
}
