//! How often each verdict was given.

use super::verdict::{Listed, Verdict};
use std::fmt;

/// How often each verdict was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cases that were replayed.
    pub cases: usize,
    /// Within every bound.
    pub conform: usize,
    /// Beyond a bound.
    pub diverge: usize,
    /// Without a trace.
    pub fail: usize,
    /// Not supported by the subject.
    pub decline: usize,
    /// Of those that diverge or fail, how many are expected to.
    pub expected: usize,
}

impl Tally {
    /// Counts a verdict.
    pub(super) fn count(&mut self, verdict: Verdict, listed: Listed) {
        self.expected += usize::from(listed == Listed::AsExpected);
        match verdict {
            Verdict::Conforms => self.conform += 1,
            Verdict::Diverges => self.diverge += 1,
            Verdict::Fails => self.fail += 1,
            Verdict::Declines => self.decline += 1,
        }
    }

    /// Replays that the subject did not decline.
    #[must_use]
    pub fn judged(&self) -> usize {
        self.conform + self.diverge + self.fail
    }

    /// All replays.
    #[must_use]
    pub fn replays(&self) -> usize {
        self.judged() + self.decline
    }

    /// Replays that diverge or fail.
    #[must_use]
    pub fn wrong(&self) -> usize {
        self.diverge + self.fail
    }
}

/// `48 cases, 96 replays: 95 conform, 1 diverges, 0 fail`, and what else there is.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Tally { cases, conform, diverge, fail, decline, expected } = self;
        let all = self.replays();
        let s = |count: usize| if count == 1 { "" } else { "s" };
        if *cases > 0 {
            write!(f, "{cases} case{}, ", s(*cases))?;
        }
        write!(f, "{all} replay{}: ", s(all))?;
        write!(f, "{conform} conform, {diverge} diverge, {fail} fail")?;
        if *decline > 0 {
            write!(f, ", {decline} declined")?;
        }
        if *expected > 0 {
            write!(f, "; {expected} as expected")?;
        }
        Ok(())
    }
}
