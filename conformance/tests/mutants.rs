//! Cases or scenarios notice every mistake of the catalogue, and the judge names it.

use conformance::studies::matrix::{self, Figures, Matrix};
use conformance::studies::{Fate, Prepared};
use conformance::{Bounds, bounds_for};
use fixtures::{Case, corpus};
use mistakes::{all, named};
use std::collections::BTreeSet;

fn corpus() -> Vec<(Case, Bounds)> {
    let read = |entry: corpus::Entry| {
        let case = Case::read(&entry.case_path).unwrap();
        let bounds = bounds_for(&case, Some(&entry.case_path)).unwrap();
        (case, bounds)
    };
    corpus::entries(&corpus::root()).unwrap().into_iter().map(read).collect()
}

/// How many lines of the page may differ in their figures, each by one: a mistake whose error is
/// about as large as its bound may be noticed on one machine and not on another.
const BORDERLINE: usize = 5;

/// And `docs/matrix.md` says who notices which; `matrix.rs` checks all but the figures.
#[test]
fn every_mistake_dies_but_the_identity() {
    let corpus = corpus();
    let prepared = Prepared::all(&corpus);
    let mut figures = Vec::new();
    for mistake in all() {
        let fate = Fate::of(mistake, &prepared, || ());
        assert_eq!(fate.fault(), None, "{mistake}: {fate:?}");
        figures.push(Figures::from(&fate));
    }

    let read = |path| std::fs::read_to_string(path).unwrap();
    let origins = corpus::entries(&corpus::root()).unwrap().into_iter().map(|entry| entry.origin);
    let cases = corpus.iter().map(|(case, _)| case);
    let now = Matrix::new(&read(matrix::specification()), cases.zip(origins));
    let (committed, now) = (read(matrix::path()), now.render(Some(&figures)));
    let mut borderline = Vec::new();
    for (committed, now) in committed.lines().zip(now.lines()) {
        if committed != now {
            let message = format!("run `conformance matrix`:\n{committed}\n{now}");
            assert!(differ_by_one(committed, now), "{message}");
            borderline.push(message);
        }
    }
    assert_eq!(committed.lines().count(), now.lines().count(), "run `conformance matrix`");
    assert!(borderline.len() <= BORDERLINE, "{}", borderline.join("\n"));
}

/// Whether two lines are the same but for numbers, and those at most one apart.
fn differ_by_one(a: &str, b: &str) -> bool {
    let numbers = |line: &str| -> Vec<i64> {
        line.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
    };
    let words = |line: &str| -> String { line.chars().filter(|c| !c.is_ascii_digit()).collect() };
    let (a_numbers, b_numbers) = (numbers(a), numbers(b));
    words(a) == words(b)
        && a_numbers.len() == b_numbers.len()
        && a_numbers.iter().zip(&b_numbers).all(|(a, b)| (a - b).abs() <= 1)
}

#[test]
fn only_figures_may_differ_and_by_one_alone() {
    let line = "| `x-2` | S6 | 87 cases, 18 in float32 | `case` at `ema`, 1e12 |";
    for (from, to, close) in
        [("87", "86", true), ("18", "20", false), ("ema", "scale", false), ("1e12", "1e13", true)]
    {
        assert_eq!(differ_by_one(line, &line.replace(from, to)), close, "{from}, {to}");
    }
}

/// A port on libtorch that makes a mistake is taken for the mistake of the slow copy that is the
/// same one, in at least nine of ten of its traces that diverge.
#[cfg(feature = "tch")]
#[test]
fn mistakes_of_another_implementation_are_named_right() {
    use conformance::studies::Naming;

    for naming in Naming::of(&corpus(), || ()).unwrap() {
        println!("{:?}: {naming}; not: {:?}", naming.dtype, naming.missed);
        assert!(naming.is_good() && naming.all > 5000, "{naming}; not: {:?}", naming.missed);
    }
}

#[test]
fn names_and_descriptions_are_unique() {
    let names: BTreeSet<_> = all().map(|mistake| mistake.name).collect();
    let whats: BTreeSet<_> = all().map(|mistake| mistake.what).collect();
    assert_eq!((names.len(), whats.len()), (all().count(), all().count()));
}

#[test]
fn a_simpler_mistake_is_in_the_catalogue() {
    let simpler: Vec<_> = all().filter_map(|mistake| mistake.simpler).collect();
    assert_eq!(simpler.len(), 5);
    assert!(simpler.iter().all(|name| named(name).is_some()), "{simpler:?}");
}
