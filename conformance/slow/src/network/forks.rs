//! Points where a derivative jumps: the sign of a ReLU's input, the winner of a maximum.

use std::collections::BTreeSet;

/// Forks to be taken on the other side, by their place in the order of execution.
pub type Flips = BTreeSet<usize>;

/// One decision of a forward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fork {
    /// Which way it went. ReLU: 1 if `x` passes, 0 if not. Maximum: the winner's index in its
    /// window, row-major.
    pub choice: usize,
    /// The way next to it. ReLU: the opposite. Maximum: the best of the rest.
    pub other: usize,
    /// By what margin. ReLU: `x` if it passes, `−x` if not. Maximum: `x[choice] − x[other]`.
    /// Negative where a replayed choice is against the arithmetic.
    pub gap: f64,
    /// The largest magnitude in the array that the layer reads.
    pub scale: f64,
}

/// The forks of a step, in order of execution.
#[derive(Clone, Debug, Default)]
pub struct Forks {
    /// What to do at every fork, if that is settled.
    given: Option<Vec<Fork>>,
    flips: Flips,
    taken: Vec<Fork>,
}

impl Forks {
    /// Goes where the arithmetic says.
    #[must_use]
    pub fn record() -> Self {
        Self::default()
    }

    /// Goes where `given` went, whatever the arithmetic says.
    #[must_use]
    pub fn replay(given: &[Fork]) -> Self {
        let taken = Vec::with_capacity(given.len());
        Self { given: Some(given.to_vec()), taken, ..Self::default() }
    }

    /// At `flips`, to the other side, as if rounding had moved the values there: a ReLU gets `−x`
    /// for `x`, of a maximum the best of the rest wins. Later forks see what follows from that.
    #[must_use]
    pub fn flipping(self, flips: Flips) -> Self {
        Self { flips, ..self }
    }

    /// Whether the next fork is to be taken on the other side.
    pub(super) fn flips_next(&self) -> bool {
        self.flips.contains(&self.taken.len())
    }

    /// The forks so far.
    #[must_use]
    pub fn taken(&self) -> &[Fork] {
        &self.taken
    }

    /// The forks so far.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fork> {
        self.taken
    }

    /// The choice at the next fork, where the arithmetic says `(choice, other) = own`.
    ///
    /// # Panics
    /// If this run has more forks than the one replayed.
    pub(super) fn choose(
        &mut self,
        own: (usize, usize),
        gap: impl FnOnce(usize, usize) -> f64,
        scale: f64,
    ) -> usize {
        let (choice, other) = match &self.given {
            None => own,
            Some(given) => {
                let fork = given[self.taken.len()];
                (fork.choice, fork.other)
            }
        };
        self.taken.push(Fork { choice, other, gap: gap(choice, other), scale });
        choice
    }
}
