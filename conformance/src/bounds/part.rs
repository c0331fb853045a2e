//! What is run to take a sample, and what samples say.

use super::sample::{MULTIPLE, widen};
use super::table::ByStage;
use crate::compare::cut_to_steps;
use fixtures::{Case, Dtype};
use slow::Run;
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What is run to take a sample: the case, or a case of one of its steps.
#[derive(Debug, PartialEq)]
pub struct Part {
    case: Case,
    /// What it computes in float64.
    centre: Run,
}

impl Part {
    /// A case as it is.
    pub fn whole(case: &Case) -> Self {
        Self { case: case.clone(), centre: slow::centre(case, case.steps.len(), &[]) }
    }

    /// The first step of a case.
    pub fn first(case: &Case) -> Self {
        let centre = slow::centre(case, 1, &[]);
        let case = cut_to_steps(case, &centre.0).swap_remove(0);
        Self { case, centre }
    }

    /// Every step of a whole case, from the state before it.
    pub fn steps(self) -> Vec<Self> {
        let cuts = cut_to_steps(&self.case, &self.centre.0);
        let (steps, forks) = self.centre;
        let centres = steps.into_iter().zip(forks).map(|(step, forks)| (vec![step], vec![forks]));
        cuts.into_iter().zip(centres).map(|(case, centre)| Self { case, centre }).collect()
    }

    /// Widens the bounds by one sample.
    fn sample(&self, dtype: Dtype, seed: u64, bounds: &mut ByStage) {
        let (steps, _) = slow::sample(&self.case, &[], &self.centre, dtype, seed);
        widen(bounds, &self.case, dtype, MULTIPLE, &self.centre.0, &steps);
    }
}

/// The bounds by samples of these parts, on all cores.
///
/// Not by rayon: a worker of its pool that waits takes up other work, which may ask for the very
/// bounds that it is about to find.
pub fn sampled(parts: &[Part], dtype: Dtype, seeds: RangeInclusive<u64>) -> ByStage {
    let samples = |part| seeds.clone().map(move |seed| (part, seed));
    let samples: Vec<(&Part, u64)> = parts.iter().flat_map(samples).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut bounds = ByStage::default();
        while let Some(&(part, seed)) = samples.get(next.fetch_add(1, Ordering::Relaxed)) {
            part.sample(dtype, seed, &mut bounds);
        }
        bounds
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let workers = (0..cores.min(samples.len())).map(|_| scope.spawn(work));
        let workers: Vec<_> = workers.collect();
        let mut bounds = ByStage::default();
        for worker in workers {
            bounds.widen_to(worker.join().expect("the slow copy runs a valid case"));
        }
        bounds
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fixtures::corpus;

    /// What is shared: one run of the whole case is the centre of every step's samples.
    #[test]
    fn a_step_of_the_run_is_the_step_alone() {
        for name in ["official/skipped-step", "official/mid-run", "own/relu-at-zero"] {
            let case = Case::read(corpus::root().join(format!("{name}.case.json"))).unwrap();
            let steps = Part::whole(&case).steps();
            assert_eq!(steps.len(), case.steps.len());
            for part in steps.iter().chain([&Part::first(&case)]) {
                assert_eq!(slow::centre(&part.case, 1, &[]), part.centre, "{name}");
            }
            assert_eq!(Part::first(&case), steps[0]);
        }
    }
}
