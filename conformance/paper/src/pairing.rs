//! Runs of two optimizers with the same seed.

use super::claims::{Claim, Kind};
use super::counted::Counted;
use fixtures::run::Optim;
use std::collections::BTreeMap;

/// A run of AdaAct and one of another optimizer, from the same initial weights, in the same order
/// of images.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'r> {
    /// Of AdaAct.
    pub adaact: &'r Counted,
    /// Of the optimizer that the claim compares it with.
    pub other: &'r Counted,
}

/// The runs of one table that a claim compares, by seed.
#[derive(Clone, Debug, Default)]
pub struct Pairing<'r> {
    /// Those that can be compared.
    pub pairs: Vec<Pair<'r>>,
    /// Runs whose partner is missing.
    pub halves: Vec<&'r Counted>,
    /// Seeds with both runs, which cannot be compared: their machines differ.
    pub apart: Vec<u64>,
}

impl<'r> Pairing<'r> {
    /// Pairs the runs of a table as a claim asks for.
    #[must_use]
    pub fn new(claim: &Claim, runs: &[&'r Counted]) -> Self {
        let of = |optim: Optim| -> BTreeMap<u64, &'r Counted> {
            let runs = runs.iter().filter(|run| run.settings().optim == optim);
            runs.map(|run| (run.settings().seed, *run)).collect()
        };
        let (mut adaact, others) = (of(Optim::Adaact), of(claim.against));
        let mut pairing = Self::default();
        for (seed, other) in others {
            let Some(adaact) = adaact.remove(&seed) else {
                pairing.halves.push(other);
                continue;
            };
            if claim.kind == Kind::EpochTime && !adaact.is_timed_as(other) {
                pairing.apart.push(seed);
            } else {
                pairing.pairs.push(Pair { adaact, other });
            }
        }
        pairing.halves.extend(adaact.into_values());
        pairing.halves.sort_by_key(|run| run.settings().seed);
        pairing
    }

    /// Whether there is no run at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.halves.is_empty() && self.apart.is_empty()
    }

    /// Whether there is a run with that seed.
    #[must_use]
    pub fn has(&self, seed: u64) -> bool {
        let is_it = |run: &Counted| run.settings().seed == seed;
        self.apart.contains(&seed)
            || self.halves.iter().any(|run| is_it(run))
            || self.pairs.iter().any(|pair| is_it(pair.adaact))
    }

    /// How many runs so many more pairs take, if halves are completed first.
    #[must_use]
    pub fn runs_for(&self, more_pairs: usize) -> usize {
        let completed = more_pairs.min(self.halves.len());
        completed + 2 * (more_pairs - completed)
    }
}
