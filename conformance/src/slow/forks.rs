//! Points where a derivative jumps: the sign of a ReLU's input, the winner of a maximum.

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
        Self { given: Some(given.to_vec()), taken: Vec::with_capacity(given.len()) }
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
