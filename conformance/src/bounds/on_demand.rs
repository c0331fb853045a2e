//! Bounds that are sampled as far as an error asks.
//!
//! Samples only widen a bound, so an error within the bound of some lies within that of all. What
//! an error is held against grows by [`Effort`] until it covers the error, or all samples are taken.

use super::part::{Part, sampled};
use super::sample::{FAR, FEW, RUNS, least};
use super::source::BoundSource;
use super::table::{ByStage, Origin};
use crate::compare::{Address, ReplayMode};
use fixtures::{Case, Dtype};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::OnceLock;

/// The bounds of a case, each sampled when it is first asked for; in the end those of
/// [`sample`](super::sample).
pub struct OnDemand {
    case: Case,
    first: OnceLock<[Part; 1]>,
    steps: OnceLock<Vec<Part>>,
    whole: OnceLock<[Part; 1]>,
    known: BTreeMap<(Dtype, ReplayMode), [OnceLock<ByStage>; Effort::ALL.len()]>,
}

/// How much is sampled. Each effort takes in those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effort {
    /// One sample of the first step; of a whole trajectory, one.
    First,
    /// One sample of every step.
    Every,
    /// [`FEW`] of every step, or of the trajectory.
    Few,
    /// [`RUNS`].
    All,
}

impl Effort {
    const ALL: [Self; 4] = [Self::First, Self::Every, Self::Few, Self::All];

    /// The samples that it adds.
    fn seeds(self) -> RangeInclusive<u64> {
        match self {
            Effort::First | Effort::Every => 1..=1,
            Effort::Few => 2..=FEW,
            Effort::All => FEW + 1..=RUNS,
        }
    }
}

impl OnDemand {
    /// The bounds of a valid case; nothing is computed yet.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let dtypes = [Dtype::Float64, Dtype::Float32];
        let modes = [ReplayMode::Forced, ReplayMode::Free];
        let kinds = dtypes.into_iter().flat_map(|dtype| modes.map(|mode| (dtype, mode)));
        Self {
            case: case.clone(),
            first: OnceLock::new(),
            steps: OnceLock::new(),
            whole: OnceLock::new(),
            known: kinds
                .map(|kind| (kind, <[OnceLock<_>; Effort::ALL.len()]>::default()))
                .collect(),
        }
    }

    /// The bounds after some effort.
    fn after(&self, dtype: Dtype, mode: ReplayMode, effort: Effort) -> &ByStage {
        self.known[&(dtype, mode)][effort as usize].get_or_init(|| {
            let before = Effort::ALL[..effort as usize].last();
            let before = before.map(|&before| self.after(dtype, mode, before).clone());
            let mut bounds = before.unwrap_or_default();
            bounds.widen_to(sampled(self.added(mode, effort), dtype, effort.seeds()));
            bounds
        })
    }

    /// The parts that an effort samples beyond those before it.
    fn added(&self, mode: ReplayMode, effort: Effort) -> &[Part] {
        match (mode, effort) {
            (ReplayMode::Forced, Effort::First) => {
                self.first.get_or_init(|| [Part::first(&self.case)])
            }
            (ReplayMode::Forced, Effort::Every) => &self.steps()[1..],
            (ReplayMode::Forced, Effort::Few | Effort::All) => self.steps(),
            (ReplayMode::Free, Effort::Every) => &[],
            (ReplayMode::Free, _) => self.whole.get_or_init(|| [Part::whole(&self.case)]),
        }
    }

    fn steps(&self) -> &[Part] {
        self.steps.get_or_init(|| Part::whole(&self.case).steps())
    }
}

impl BoundSource for OnDemand {
    fn origin(&self) -> Origin {
        Origin::Sampled
    }

    fn bound(&self, dtype: Dtype, mode: ReplayMode, address: &Address) -> Option<f64> {
        Some(match address.stage.is_count() {
            true => 0.0,
            false => self.after(dtype, mode, Effort::All).of(address),
        })
    }

    fn deciding(
        &self,
        dtype: Dtype,
        mode: ReplayMode,
        address: &Address,
        error: f64,
    ) -> Option<f64> {
        if address.stage.is_count() {
            return Some(0.0);
        }
        // What is equal conforms whatever the bound is.
        if error == 0.0 {
            return Some(least(dtype));
        }
        let bounds = Effort::ALL.into_iter();
        let mut bounds = bounds.map(|effort| self.after(dtype, mode, effort).of(address));
        bounds.find(|&bound| error <= bound).or_else(|| self.bound(dtype, mode, address))
    }

    fn allows(&self, dtype: Dtype, mode: ReplayMode, address: &Address, error: f64) -> bool {
        if error == 0.0 || address.stage.is_count() {
            return error == 0.0;
        }
        if !error.is_finite() {
            return false; // every bound is
        }
        for effort in Effort::ALL {
            let bound = self.after(dtype, mode, effort).of(address);
            if error <= bound {
                return true;
            }
            if effort >= Effort::Few && error > FAR * bound {
                return false;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::sample;
    use crate::compare::{Stage, addresses};
    use fixtures::corpus;
    use rayon::prelude::*;

    const DTYPES: [Dtype; 2] = [Dtype::Float64, Dtype::Float32];
    const MODES: [ReplayMode; 2] = [ReplayMode::Forced, ReplayMode::Free];

    /// Cases with batch norm, a state to start from, a ReLU, a skipped step.
    fn cases() -> Vec<Case> {
        let names = ["official/mlp-bias", "official/mid-run", "official/skipped-step"];
        let path = |name| corpus::root().join(format!("{name}.case.json"));
        names.into_iter().map(|name| Case::read(path(name)).unwrap()).collect()
    }

    /// A question: dtype, mode, array and error.
    type Question = (Dtype, ReplayMode, Address, f64);

    /// Errors of every array: none, tiny, around the whole bound, huge.
    fn questions(case: &Case) -> Vec<Question> {
        let (bounds, mut questions) = (sample(case), Vec::new());
        let steps = 0..case.steps.len();
        let addresses: Vec<_> = steps.flat_map(|step| addresses(case, step)).collect();
        for (dtype, mode) in DTYPES.into_iter().flat_map(|dtype| MODES.map(|mode| (dtype, mode))) {
            for address in &addresses {
                let bound = bounds.of(dtype, mode, address).unwrap();
                let near = [0.01, 0.3, 1.0, 2.0, 200.0, 1e9].map(|multiple| multiple * bound);
                let edges = [0.0, 1e-30, bound.next_up(), bound.next_down(), f64::INFINITY];
                let errors = near.into_iter().chain(edges).filter(|error| *error >= 0.0);
                questions.extend(errors.map(|error| (dtype, mode, address.clone(), error)));
            }
        }
        questions
    }

    fn answer(bounds: &OnDemand, (dtype, mode, address, error): &Question) -> (Option<f64>, bool) {
        let deciding = bounds.deciding(*dtype, *mode, address, *error);
        (deciding, bounds.allows(*dtype, *mode, address, *error))
    }

    #[test]
    fn an_answer_is_that_of_the_whole_bounds() {
        for case in cases() {
            let (whole, bounds) = (sample(&case), OnDemand::of(&case));
            for question in questions(&case) {
                let (dtype, mode, address, error) = &question;
                let bound = whole.of(*dtype, *mode, address).unwrap();
                let (deciding, allowed) = answer(&bounds, &question);
                let deciding = deciding.unwrap();
                assert_eq!(*error <= deciding, *error <= bound, "{question:?}");
                assert_eq!(allowed, *error <= bound, "{question:?}");
                assert!(deciding <= bound, "{question:?}");
                assert!(*error <= bound || deciding == bound, "{question:?}");
                assert_eq!(bounds.bound(*dtype, *mode, address), Some(bound));
            }
        }
    }

    #[test]
    fn more_effort_only_widens_and_all_of_it_is_the_whole() {
        for case in cases() {
            let (mut whole, bounds) = (sample(&case), OnDemand::of(&case));
            for (dtype, mode) in DTYPES.into_iter().flat_map(|dtype| MODES.map(|it| (dtype, it))) {
                let after = Effort::ALL.map(|effort| bounds.after(dtype, mode, effort));
                assert_eq!(after[3], whole.stages(dtype, mode));
                for (less, more) in after.iter().zip(&after[1..]) {
                    for (stage, names) in less.iter() {
                        for (name, &bound) in names.iter() {
                            assert!(more[stage][name] >= bound, "{stage} of {name}");
                            assert!(bound >= least(dtype));
                        }
                    }
                }
            }
        }
    }

    /// In any order, and by as many threads as there are.
    #[test]
    fn an_answer_depends_on_nothing_but_the_question() {
        for case in cases() {
            let questions = questions(&case);
            let bounds = OnDemand::of(&case);
            let forwards: Vec<_> = questions.iter().map(|it| answer(&bounds, it)).collect();
            let bounds = OnDemand::of(&case);
            let mut back: Vec<_> = questions.iter().rev().map(|it| answer(&bounds, it)).collect();
            back.reverse();
            assert_eq!(forwards, back);
            let bounds = OnDemand::of(&case);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
            let ask = || questions.par_iter().map(|it| answer(&bounds, it)).collect::<Vec<_>>();
            assert_eq!(forwards, pool.install(ask));
        }
    }

    #[test]
    fn no_more_is_sampled_than_an_error_asks_for() {
        let case = cases().remove(0);
        let address = |stage| Address { stage, name: "fc1".to_owned(), occurrence: None };
        let (dtype, mode) = (Dtype::Float32, ReplayMode::Forced);
        let taken = |bounds: &OnDemand| {
            let known = bounds.known.values().flatten();
            known.filter(|bounds| bounds.get().is_some()).count()
        };
        let bounds = OnDemand::of(&case);
        assert!(bounds.allows(dtype, mode, &address(Stage::Ema), 0.0));
        assert!(!bounds.allows(dtype, mode, &address(Stage::Observations), 1.0));
        assert!(!bounds.allows(dtype, mode, &address(Stage::Ema), f64::INFINITY));
        assert_eq!(taken(&bounds), 0);
        assert!(bounds.allows(dtype, mode, &address(Stage::Ema), 1e-30));
        assert_eq!(taken(&bounds), 1);
        assert!(!bounds.allows(dtype, mode, &address(Stage::Ema), 1.0));
        assert_eq!(taken(&bounds), 3);
        assert_ne!(bounds.deciding(dtype, mode, &address(Stage::Ema), 1.0), None);
        assert_eq!(taken(&bounds), 4);
    }
}
