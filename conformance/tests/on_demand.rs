//! Bounds that are sampled on demand lead to the verdicts of those that are sampled whole.

use conformance::diagnosis::Catalogue;
use conformance::{BoundSource, OnDemand, judge_own_state, judge_trajectory, sample};
use fixtures::{Case, Trace, corpus};
use rayon::prelude::*;
use slow::Definition;

/// Small cases of every kind of layer.
const CASES: [&str; 7] = [
    "official/mlp-bias",
    "official/tokens",
    "official/skipped-step",
    "official/mid-run",
    "own/conv-grouped",
    "own/max-pool-tie",
    "own/nan-input-skipped",
];

/// Everything that a verdict says but the bounds of what conforms.
fn verdict(case: &Case, golden: &Trace, got: &Trace, bounds: &dyn BoundSource) -> String {
    let own = judge_own_state(case, got, bounds).unwrap();
    let whole = judge_trajectory(case, golden, got, bounds);
    let looks = (!own.conforms()).then(|| Catalogue::of(case).diagnose(got, bounds));
    let said = [own, whole].map(|it| (it.divergence, it.diverging, it.kinks, it.not_judged));
    format!("{said:?} {looks:?}")
}

#[test]
fn verdicts_are_those_of_whole_bounds() {
    let shown = mistakes::all().filter(|mistake| mistake.kind.shows_in_cases());
    let made: Vec<_> = [None].into_iter().chain(shown.step_by(5).map(Some)).collect();
    CASES.par_iter().for_each(|name| {
        let case = Case::read(corpus::root().join(format!("{name}.case.json"))).unwrap();
        let golden = reference::trace(&case).unwrap();
        let (whole, on_demand) = (sample(&case), OnDemand::of(&case));
        for &mistake in &made {
            let traces = match mistake {
                None => {
                    [slow::trace::<f64>(&case, &Definition), slow::trace::<f32>(&case, &Definition)]
                }
                Some(it) => [slow::trace::<f64>(&case, it), slow::trace::<f32>(&case, it)],
            };
            for trace in traces {
                let expected = verdict(&case, &golden, &trace, &whole);
                let name = mistake.map(|mistake| mistake.name);
                assert_eq!(verdict(&case, &golden, &trace, &on_demand), expected, "{name:?}");
            }
        }
    });
}
