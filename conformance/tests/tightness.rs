//! The sampled bounds leave little room above what honest engines do.
//!
//! `cargo test -p conformance --test tightness -- --nocapture` prints how much, as
//! `conformance tightness` does.
#![cfg(feature = "tch")]

use conformance::studies::tightness::{Engine, measure, summarize};
use conformance::{bounds_for, single_steps};
use fixtures::{Dtype, corpus};

/// One test: the number of threads of libtorch belongs to the process.
#[test]
fn the_bounds_are_near_the_errors_of_honest_engines() {
    let mut rooms = Vec::new();
    for entry in corpus::entries(&corpus::root()).unwrap() {
        let (case, golden) = entry.read().unwrap();
        let bounds = bounds_for(&case, Some(&entry.case_path)).unwrap();
        for dtype in [Dtype::Float64, Dtype::Float32] {
            rooms.extend(measure(&case, &golden, &bounds, dtype).unwrap());
        }
    }
    let summaries = summarize(&rooms);
    summaries.iter().for_each(|summary| println!("{summary}"));
    assert_eq!(summaries.len(), 12);
    let faults: Vec<_> =
        summaries.iter().filter_map(|s| Some(format!("{s}: {}", s.fault()?))).collect();
    assert_eq!(faults, Vec::<String>::new());
    the_orders_differ();
}

/// The engines are not one engine eight times: each other order of the batch rounds differently
/// somewhere. Where it does depends on the processor: a sum of four in reverse may be the same.
fn the_orders_differ() {
    let mut alike = vec![1, 2, 3];
    for entry in corpus::entries(&corpus::root()).unwrap() {
        let (case, golden) = entry.read().unwrap();
        let cuts = single_steps(&case, &golden);
        let gradients = |engine: &Engine| {
            let steps = engine.steps(&cuts, Dtype::Float32).unwrap();
            steps.into_iter().map(|step| (step.layers, step.plain_gradients)).collect::<Vec<_>>()
        };
        let engines = Engine::all();
        assert_eq!(engines.len(), 8);
        let given = gradients(&engines[0]);
        alike.retain(|&other: &usize| gradients(&engines[other]) == given);
        if alike.is_empty() {
            return;
        }
    }
    panic!("the orders {alike:?} give what the given order gives, in every case");
}
