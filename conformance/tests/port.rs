//! The port on libtorch: without a mistake it replays the corpus, with one it diverges.

#![cfg(feature = "tch")]

use conformance::{bounds_of_corpus, judge_trajectory};
use fixtures::{Case, Dtype, Trace, corpus};
use mistakes::port::{self, Definition, Rules};
use mistakes::{Kind, Mistake};

fn corpus() -> Vec<(Case, Trace)> {
    let entries = corpus::entries(&corpus::root()).unwrap();
    entries.iter().map(|entry| entry.read().unwrap()).collect()
}

/// What is found wrong with the port's trace of a case.
fn fault(case: &Case, golden: &Trace, rules: &dyn Rules, dtype: Dtype) -> Option<String> {
    let trace = port::trace(case, rules, dtype).unwrap();
    trace.fits(case).unwrap();
    let judgement = judge_trajectory(case, golden, &trace, &bounds_of_corpus(case).unwrap());
    judgement.divergence.map(|judged| format!("{}: {judged}", case.name))
}

#[test]
fn without_a_mistake_the_port_replays_the_corpus() {
    for (case, golden) in corpus() {
        for dtype in [Dtype::Float64, Dtype::Float32] {
            let identity = mistakes::named("identity").unwrap();
            for rules in [&Definition as &dyn Rules, identity] {
                assert_eq!(fault(&case, &golden, rules, dtype), None, "{:?}", rules.mistake());
            }
        }
    }
}

/// In float64, where nothing hides behind rounding.
#[test]
fn with_a_mistake_the_port_diverges_somewhere() {
    let corpus = corpus();
    let survives = |mistake: &Mistake| {
        !corpus.iter().any(|(case, golden)| fault(case, golden, mistake, Dtype::Float64).is_some())
    };
    let survivors: Vec<_> =
        mistakes::all().filter(|m| m.kind.shows_in_cases() && survives(m)).collect();
    assert!(survivors.is_empty(), "{survivors:?}");
}

/// What no case can say makes no difference to a trace.
#[test]
fn a_mistake_beyond_cases_changes_nothing() {
    let (case, golden) = &corpus()[0];
    for mistake in mistakes::all().filter(|mistake| mistake.kind == Kind::Beyond) {
        assert_eq!(fault(case, golden, mistake, Dtype::Float64), None, "{mistake}");
    }
}
