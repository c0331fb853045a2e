//! The derived bounds hold for everything honest, in both dtypes, and leave little room.
//!
//! `cargo test -p conformance derived:: -- --nocapture` prints how much of its bound the worst
//! of every stage takes.

use conformance::{Basis, Bounds, Judged, Judgement, Stage, judge_trajectory};
use fixtures::{Case, Trace, corpus};
use std::collections::BTreeMap;

fn corpus() -> Vec<(Case, Trace)> {
    let entries = corpus::entries(&corpus::root()).unwrap();
    entries.iter().map(|entry| entry.read().unwrap()).collect()
}

/// By stage, the worst deviation from a trace's own stages and its case.
#[derive(Default)]
struct Worst(BTreeMap<Stage, (Judged, String)>);

impl Worst {
    fn add(&mut self, case: &Case, judgement: Judgement) {
        for ((stage, basis), judged) in judgement.worst {
            let worst = self.0.get(&stage).map_or(-1.0, |(worst, _)| worst.ratio());
            if basis == Basis::OwnStages && judged.ratio() > worst {
                self.0.insert(stage, (judged, case.name.clone()));
            }
        }
    }

    /// Prints the worst of every stage, and asserts that all lie within their bounds.
    fn assert_conforms(&self, who: &str) {
        for (stage, (judged, case)) in &self.0 {
            println!(
                "{who:12} {stage:10} {:.3} of its bound, {:.1} ulp ({case})",
                judged.ratio(),
                judged.ulps
            );
        }
        let beyond: Vec<_> = self.0.values().filter(|(judged, _)| !judged.conforms()).collect();
        assert!(beyond.is_empty(), "{who}: {beyond:#?}");
    }
}

/// The worst of what `trace` makes of every case.
fn worst(trace: impl Fn(&Case, Trace) -> Trace) -> Worst {
    let mut worst = Worst::default();
    for (case, golden) in corpus() {
        let trace = trace(&case, golden);
        // Against itself: what is left is stage by stage.
        let judgement = judge_trajectory(&case, &trace, &trace, &Bounds::new(&case));
        assert_eq!(judgement.not_derived, [].into(), "{}", case.name);
        worst.add(&case, judgement);
    }
    worst
}

#[test]
fn the_goldens_conform_stage_by_stage() {
    worst(|_, golden| golden).assert_conforms("golden");
}

#[test]
fn the_reference_conforms_stage_by_stage() {
    worst(|case, _| reference::trace(case).unwrap()).assert_conforms("reference");
}

#[cfg(feature = "tch")]
#[test]
fn libtorch_conforms_stage_by_stage() {
    use fixtures::Dtype;
    for (dtype, who) in [(Dtype::Float64, "tch float64"), (Dtype::Float32, "tch float32")] {
        let options = gpu::Options { dtype, ..gpu::Options::default() };
        worst(|case, _| gpu::trace(case, options).unwrap()).assert_conforms(who);
    }
}
