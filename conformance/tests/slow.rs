//! The slow copy is held equal to the goldens over the whole corpus, as a whole trajectory.

use conformance::{bounds_for, judge_trajectory};
use fixtures::corpus;
use slow::{Compiled, Definition, Double, trace};

#[track_caller]
fn assert_equal_to_the_goldens<S: Compiled>() {
    for entry in corpus::entries(&corpus::root()).unwrap() {
        let (case, golden) = entry.read().unwrap();
        let bounds = bounds_for(&case, Some(&entry.case_path)).unwrap();
        let judgement = judge_trajectory(&case, &golden, &trace::<S>(&case, &Definition), &bounds);
        assert!(judgement.conforms(), "{}: {judgement:#?}", case.name);
        assert!(judgement.not_judged.is_empty(), "{}", case.name);
    }
}

#[test]
fn in_float64() {
    assert_equal_to_the_goldens::<f64>();
}

#[test]
fn in_float32() {
    assert_equal_to_the_goldens::<f32>();
}

#[test]
fn in_double_double() {
    assert_equal_to_the_goldens::<Double>();
}
