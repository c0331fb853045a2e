//! The port on libtorch: without a mistake it replays the corpus, with one it diverges.

#![cfg(feature = "tch")]

use conformance::mistakes::{Kind, Mutant, port};
use conformance::{bounds_of_corpus, judge_trajectory};
use fixtures::{Case, Dtype, Trace, corpus};

fn corpus() -> Vec<(Case, Trace)> {
    let entries = corpus::entries(&corpus::root()).unwrap();
    entries.iter().map(|entry| entry.read().unwrap()).collect()
}

/// What is found wrong with the port's trace of a case.
fn fault(case: &Case, golden: &Trace, mutant: Option<Mutant>, dtype: Dtype) -> Option<String> {
    let trace = port::trace(case, mutant, dtype).unwrap();
    trace.fits(case).unwrap();
    let judgement = judge_trajectory(case, golden, &trace, &bounds_of_corpus(case).unwrap());
    judgement.divergence.map(|judged| format!("{}: {judged}", case.name))
}

#[test]
fn without_a_mistake_the_port_replays_the_corpus() {
    for (case, golden) in corpus() {
        for dtype in [Dtype::Float64, Dtype::Float32] {
            for mutant in [None, Some(Mutant::Identity)] {
                assert_eq!(fault(&case, &golden, mutant, dtype), None, "{mutant:?}");
            }
        }
    }
}

/// In float64, where nothing hides behind rounding.
#[test]
fn with_a_mistake_the_port_diverges_somewhere() {
    let corpus = corpus();
    let survives = |mutant: Mutant| {
        !corpus
            .iter()
            .any(|(case, golden)| fault(case, golden, Some(mutant), Dtype::Float64).is_some())
    };
    let survivors: Vec<_> =
        Mutant::ALL.iter().copied().filter(|m| m.is_mistake() && survives(*m)).collect();
    assert_eq!(survivors, []);
}

/// What no case can say makes no difference to a trace.
#[test]
fn a_mistake_beyond_cases_changes_nothing() {
    let (case, golden) = &corpus()[0];
    for &mutant in Mutant::ALL.iter().filter(|mutant| mutant.kind() == Kind::Beyond) {
        assert_eq!(fault(case, golden, Some(mutant), Dtype::Float64), None, "{mutant}");
    }
}
