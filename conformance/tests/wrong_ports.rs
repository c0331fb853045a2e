//! Ten ports with mistakes that the catalogue does not have: caught, and described by what they do.

#[path = "wrong_ports/port.rs"]
mod port;

use conformance::diagnosis::Catalogue;
use conformance::{Bounds, Stage, bounds_for, judge_own_state};
use fixtures::{Case, corpus};
use mistakes::Mistake;
use port::{Wrong, trace};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A mistake, and what has to be said of it.
struct Port {
    wrong: Wrong,
    /// The stage in which it shows first, in every case that catches it.
    stage: Stage,
    clause: &'static str,
    /// The mistakes of the catalogue that come to the same in most cases.
    looks_like: &'static [&'static str],
}

const fn port(wrong: Wrong, stage: Stage, clause: &'static str) -> Port {
    Port { wrong, stage, clause, looks_like: &[] }
}

const PORTS: [Port; 10] = [
    port(Wrong::UnbiasedVariance, Stage::MeanSquare, "S3"),
    port(Wrong::SquaredMeanMagnitude, Stage::MeanSquare, "S3"),
    port(Wrong::BrainFloat, Stage::Ema, "S6"),
    // The same as no ε, wherever no column is nearly dead; and as what hardly differs from that.
    Port {
        looks_like: &["epsilon-absent", "epsilon-as-floor", "epsilon-squared-inside"],
        ..port(Wrong::FloorUnderRoot, Stage::Scale, "S8")
    },
    port(Wrong::OneScale, Stage::Scale, "S8"),
    port(Wrong::GradientClipped, Stage::Gradient, "S9"),
    port(Wrong::DampenedTwice, Stage::Momentum, "S10"),
    port(Wrong::StaleMomentum, Stage::Update, "S11"),
    port(Wrong::UpdateClipped, Stage::Update, "S11"),
    port(Wrong::DecayScaled, Stage::Parameters, "S12"),
];

fn corpus() -> Vec<(Case, Bounds)> {
    let read = |entry: corpus::Entry| {
        let case = Case::read(&entry.case_path).unwrap();
        let bounds = bounds_for(&case, Some(&entry.case_path)).unwrap();
        (case, bounds)
    };
    corpus::entries(&corpus::root()).unwrap().into_iter().map(read).collect()
}

#[test]
fn without_a_mistake_the_port_conforms() {
    for (case, bounds) in corpus() {
        let judgement = judge_own_state(&case, &trace(&case, None), &bounds).unwrap();
        assert!(judgement.conforms(), "{}: {:?}", case.name, judgement.divergence);
    }
}

#[test]
fn each_is_caught_in_its_stage_in_most_cases() {
    let corpus = corpus();
    for Port { wrong, stage, clause, .. } in PORTS {
        let caught = corpus.par_iter().filter(|(case, bounds)| {
            let judgement = judge_own_state(case, &trace(case, Some(wrong)), bounds).unwrap();
            let Some(first) = judgement.divergence else { return false };
            let found = first.deviation.address.stage;
            assert_eq!(found, stage, "{wrong:?} in {}: {first}", case.name);
            assert!(found.clauses().contains(&clause));
            true
        });
        let caught = caught.count();
        println!("{wrong:?}: caught in {caught} of {} cases", corpus.len());
        assert!(2 * caught > corpus.len(), "{wrong:?}: {caught}");
    }
}

/// None is taken for a mistake that it is not, over the official cases.
#[test]
fn each_is_taken_for_what_it_comes_to() {
    let mut corpus = corpus();
    corpus.retain(|(case, _)| {
        corpus::root().join(format!("official/{}.case.json", case.name)).exists()
    });
    let diagnose = |(case, bounds): &(Case, Bounds)| {
        let catalogue = Catalogue::of(case);
        PORTS.each_ref().map(|port| {
            let trace = trace(case, Some(port.wrong));
            let diverges = !judge_own_state(case, &trace, bounds).unwrap().conforms();
            diverges.then(|| catalogue.diagnose(&trace, bounds).whole)
        })
    };
    let diagnosed: Vec<[Option<Vec<&Mistake>>; 10]> = corpus.par_iter().map(diagnose).collect();
    for (index, Port { wrong, looks_like, .. }) in PORTS.into_iter().enumerate() {
        let diverging: Vec<_> = diagnosed.iter().filter_map(|of| of[index].as_ref()).collect();
        let mut explained: BTreeMap<&str, usize> = BTreeMap::new();
        diverging
            .iter()
            .copied()
            .flatten()
            .for_each(|m| *explained.entry(m.name).or_default() += 1);
        explained.retain(|_, cases| 2 * *cases > diverging.len());
        println!("{wrong:?}: {} diverge; most look like {explained:?}", diverging.len());
        assert_eq!(explained.into_keys().collect::<Vec<_>>(), looks_like);
    }
}
