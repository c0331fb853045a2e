//! Cases or scenarios notice every mistake of the catalogue, and the judge names it.

use conformance::mutants::{Fate, Mutant};
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
    for &mutant in Mutant::ALL {
        let fate = Fate::of(mutant, &corpus, || ());
        assert_eq!(fate.fault(), None, "{mutant}: {fate:?}");
    }
}

/// A port on libtorch that makes a mistake is taken for the mutant of the slow copy that makes the
/// same one, in at least nine of ten of its traces that diverge.
#[cfg(feature = "tch")]
#[test]
fn mistakes_of_another_implementation_are_named_right() {
    use conformance::judge_own_state;
    use conformance::mutants::{Catalogue, Kind, port};
    use fixtures::Dtype;

    let corpus = corpus();
    for dtype in [Dtype::Float64, Dtype::Float32] {
        let (mut named, mut all, mut wrong) = (0, 0, Vec::new());
        for (case, bounds) in &corpus {
            let catalogue = Catalogue::replay(case);
            let ports = Mutant::ALL
                .iter()
                .filter(|mutant| !matches!(mutant.kind(), Kind::Beyond | Kind::Identity));
            for &mutant in ports {
                let trace = port::trace(case, Some(mutant), dtype).unwrap();
                if judge_own_state(case, &trace, bounds).unwrap().conforms() {
                    continue;
                }
                all += 1;
                if catalogue.diagnose(case, &trace, bounds).contains(&mutant) {
                    named += 1;
                } else {
                    wrong.push(format!("{mutant} in {}", case.name));
                }
            }
        }
        println!("{dtype:?}: {named} of {all} named right; not: {wrong:#?}");
        assert!(10 * named >= 9 * all, "{dtype:?}: {named} of {all}; not: {wrong:#?}");
    }
}
