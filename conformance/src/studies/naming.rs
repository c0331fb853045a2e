//! How often the wrong traces of another implementation are named right.

use crate::bounds::Bounds;
use crate::diagnosis::Catalogue;
use crate::judge::first_divergence;
use crate::subject::threads::Threads;
use anyhow::Result;
use fixtures::{Case, Dtype};
use mistakes::{Mistake, all, port};
use rayon::prelude::*;
use std::fmt;

/// What the diagnosis makes of the wrong traces of the port on libtorch.
#[derive(Clone, Debug)]
pub struct Naming {
    /// What the port computed in.
    pub dtype: Dtype,
    /// Wrong traces that diverge.
    pub all: usize,
    /// Those for which the mistake that the port made is among those named.
    pub right: usize,
    /// Of these, the ones for which it is the only one.
    pub alone: usize,
    /// The others: the mistake, and the case.
    pub missed: Vec<(&'static Mistake, String)>,
}

impl Naming {
    /// Lets the port make every mistake in every case, in float64 and in float32; `tick` is called
    /// after every trace.
    ///
    /// # Errors
    /// If the port or the reference refuses a case.
    pub fn of(corpus: &[(Case, Bounds)], tick: impl Fn() + Sync) -> Result<[Self; 2]> {
        let none = [Dtype::Float64, Dtype::Float32].map(Self::none);
        let of_case = |(case, bounds): &(Case, Bounds)| {
            // Cases are done side by side; threads of each would wait for those of the others.
            let _threads = Threads::set(1);
            let catalogue = Catalogue::of(case);
            let mut both = none.clone();
            for naming in &mut both {
                for mistake in all().filter(|mistake| mistake.kind.shows_in_cases()) {
                    let trace = port::trace(case, mistake, naming.dtype)?;
                    let steps = trace.steps.iter().cloned();
                    if first_divergence(case, naming.dtype, steps, bounds)?.is_some() {
                        naming.add(case, mistake, &catalogue.diagnose(&trace, bounds).whole);
                    }
                    tick();
                }
            }
            Ok(both)
        };
        let all: Vec<_> = corpus.par_iter().map(of_case).collect::<Result<_>>()?;
        let both = |[a, b]: [Self; 2], [c, d]: [Self; 2]| [a.and(c), b.and(d)];
        Ok(all.into_iter().fold(none, both))
    }

    fn none(dtype: Dtype) -> Self {
        Self { dtype, all: 0, right: 0, alone: 0, missed: Vec::new() }
    }

    fn add(&mut self, case: &Case, mistake: &'static Mistake, named: &[&Mistake]) {
        self.all += 1;
        if named.contains(&mistake) {
            self.right += 1;
            self.alone += usize::from(named.len() == 1);
        } else {
            self.missed.push((mistake, case.name.clone()));
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.all += other.all;
        self.right += other.right;
        self.alone += other.alone;
        self.missed.extend(other.missed);
        self
    }

    /// Whether nine of ten are named right.
    #[must_use]
    pub fn is_good(&self) -> bool {
        10 * self.right >= 9 * self.all
    }
}

/// `5866 of 5925 named right (99.0 %), 3000 of them alone`
impl fmt::Display for Naming {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { all, right, alone, .. } = self;
        let percent = 100.0 * *right as f64 / *all as f64;
        write!(f, "{right} of {all} named right ({percent:.1} %), {alone} of them alone")
    }
}
