//! The golden traces are far nearer to the truth than a trace has to be to them.
//!
//! `cargo test -p conformance certified:: -- --nocapture` prints the worst of every stage.

use conformance::scenarios::digits::Recipe;
use conformance::{Address, Bounds, ReplayMode, bounds_of_corpus, certify_arrays};
use fixtures::digits::Digits;
use fixtures::{Dtype, corpus};
use std::collections::{BTreeMap, BTreeSet};

/// A golden trace's error takes at most this part of the bound.
const PART: f64 = 0.1;

/// What of a certified error does not lie below its part of the bound.
fn beyond(bounds: &Bounds, address: &Address, error: f64) -> Option<String> {
    let bound = bounds.of(Dtype::Float64, ReplayMode::Forced, address).unwrap();
    let Address { stage, name, .. } = address;
    let said = format!("{}: {stage} {name}: {error:.2e} of {bound:.2e}", bounds.case);
    (!(error <= PART * bound)).then_some(said)
}

#[test]
fn the_error_of_every_golden_array_is_below_a_tenth_of_its_bound() {
    let mut found = Vec::new();
    let mut worst = BTreeMap::new();
    for entry in corpus::entries(&corpus::root()).unwrap() {
        let (case, golden) = entry.read().unwrap();
        let bounds = bounds_of_corpus(&case).unwrap();
        let errors = certify_arrays(&case, &golden);
        // What the file says is the largest of every stage.
        let stages: BTreeSet<_> = errors.keys().map(|address| address.stage).collect();
        assert!(bounds.certified.keys().eq(&stages), "{}", case.name);
        for (stage, &certified) in bounds.certified.iter() {
            let of_stage = errors.iter().filter(|(address, _)| address.stage == *stage);
            let largest = of_stage.map(|(_, &error)| error).fold(0.0, f64::max);
            assert_eq!(certified, largest, "{}: {stage}; `conformance bless`", case.name);
        }
        found.extend(errors.iter().filter_map(|(at, &error)| beyond(&bounds, at, error)));
        for (address, error) in &errors {
            let part = error / bounds.of(Dtype::Float64, ReplayMode::Forced, address).unwrap();
            let largest: &mut (f64, String) = worst.entry(address.stage).or_default();
            if part > largest.0 {
                *largest = (part, format!("{} of {}", address.name, case.name));
            }
        }
    }
    worst.iter().for_each(|(stage, (part, at))| println!("{stage:15} {part:.3}: {at}"));
    assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
}

/// The reference of this build over the steps that the digits' bounds come from; what the files say
/// is that of the build that blessed them.
#[test]
fn so_is_the_error_of_the_reference_on_three_steps_of_the_digits() {
    let digits = Digits::load();
    for recipe in Recipe::all() {
        let bounds = recipe.bounds().unwrap();
        let excerpts = recipe.excerpts(&digits).unwrap();
        assert_eq!(excerpts.len(), 3);
        for excerpt in &excerpts {
            let errors = certify_arrays(excerpt, &reference::trace(excerpt).unwrap());
            for (address, &error) in &errors {
                assert!(bounds.certified.contains_key(&address.stage), "{}", address.stage);
                assert_eq!(beyond(&bounds, address, error), None);
            }
        }
        let sampled = &bounds.sampled[&Dtype::Float64][&ReplayMode::Forced];
        for (stage, &error) in bounds.certified.iter() {
            let smallest = sampled[stage].values().copied().fold(f64::INFINITY, f64::min);
            assert!(error <= PART * smallest, "{}: {stage}: {error} of {smallest}", recipe.name);
        }
    }
}
