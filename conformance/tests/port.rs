//! The port on libtorch: without a mistake it replays the corpus, with one it diverges.

#![cfg(feature = "tch")]

use conformance::judge_trajectory;
use conformance::mutants::{Kind, Mutant, port};
use fixtures::{Case, Dtype, Trace, corpus};

fn corpus() -> Vec<(Case, Trace)> {
    let entries = corpus::entries(&corpus::root()).unwrap();
    let read = |entry: &corpus::Entry| {
        let case = Case::read(&entry.case_path).unwrap();
        let golden = Trace::read(&entry.golden_path, &case).unwrap();
        (case, golden)
    };
    entries.iter().map(read).collect()
}

/// What is found wrong with the port's trace of a case.
fn fault(case: &Case, golden: &Trace, mutant: Option<Mutant>, dtype: Dtype) -> Option<String> {
    let trace = port::trace(case, mutant, dtype).unwrap();
    trace.fits(case).unwrap();
    let judgement = judge_trajectory(case, golden, &trace);
    assert!(judgement.not_judged.is_empty(), "{}: {:?}", case.name, judgement.not_judged);
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

#[test]
#[ignore]
fn survey() {
    use std::time::Instant;
    let corpus = corpus();
    let start = Instant::now();
    for dtype in [Dtype::Float64, Dtype::Float32] {
        for &mutant in Mutant::ALL {
            if mutant.kind() == Kind::Beyond {
                continue;
            }
            let s = Instant::now();
            let faults: Vec<_> =
                corpus.iter().filter_map(|(c, g)| fault(c, g, Some(mutant), dtype)).collect();
            println!(
                "{dtype:?} {mutant} dies in {} of {} ({:.2?}); {}",
                faults.len(),
                corpus.len(),
                s.elapsed(),
                faults.first().map_or("SURVIVES", |f| f)
            );
        }
    }
    println!("all: {:?}", start.elapsed());
}
