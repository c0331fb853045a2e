//! The corpus notices every mistake of the catalogue, and the judge names it.

use conformance::mutants::{Fate, Kind, Mutant};
use conformance::{Bounds, bounds_for};
use fixtures::{Case, corpus};

fn corpus() -> Vec<(Case, Bounds)> {
    let read = |entry: corpus::Entry| {
        let case = Case::read(&entry.case_path).unwrap();
        let bounds = bounds_for(&case, Some(&entry.case_path)).unwrap();
        (case, bounds)
    };
    corpus::entries(&corpus::root()).unwrap().into_iter().map(read).collect()
}

#[test]
fn every_mutant_dies_but_the_identity() {
    let corpus = corpus();
    for &mutant in Mutant::ALL.iter().filter(|mutant| mutant.kind() != Kind::Beyond) {
        let fate = Fate::of(mutant, &corpus, || ());
        assert_eq!(fate.fault(), None, "{mutant}: {fate:?}");
    }
}

/// A port on libtorch that makes a mistake is taken for the mutant of the slow copy that makes the
/// same one, in at least nine of ten of its traces that diverge.
#[cfg(feature = "tch")]
#[test]
fn mistakes_of_another_implementation_are_named_right() {
    use conformance::mutants::Naming;
    use fixtures::Dtype;

    let corpus = corpus();
    for dtype in [Dtype::Float64, Dtype::Float32] {
        let naming = Naming::of(&corpus, dtype, || ()).unwrap();
        println!("{dtype:?}: {naming}; not: {:?}", naming.missed);
        assert!(naming.is_good() && naming.all > 5000, "{naming}; not: {:?}", naming.missed);
    }
}
