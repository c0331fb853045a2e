//! The cases that the authors' code produced, as whole trajectories.

use fixtures::corpus::{self, Origin};
use fixtures::{Case, LayerTrace, StepTrace, Tensor, Trace};
use std::collections::BTreeMap;

/// Independent implementations in float64 were seen within 2e-13 of each other over these
/// trajectories; a wrong clause shows at 1e-3 or more.
const BOUND: f64 = 1e-12;

/// The largest error of every stage, in the stage's own measure.
type Errors = BTreeMap<&'static str, f64>;

#[test]
fn whole_trajectories_of_the_official_cases() {
    let mut worst = Errors::new();
    let mut entries = corpus::entries(&corpus::root()).unwrap();
    entries.retain(|entry| entry.origin == Origin::Official);
    assert_eq!(entries.len(), 24);
    for entry in entries {
        let case = Case::read(&entry.case_path).unwrap();
        let golden = Trace::read(&entry.golden_path, &case).unwrap();
        let errors = compare(&reference::trace(&case).unwrap(), &golden);
        for (stage, error) in errors {
            assert!(error <= BOUND, "{}: {stage} is off by {error:e}", entry.name);
            let worst = worst.entry(stage).or_default();
            *worst = worst.max(error);
        }
    }
    println!("{worst:#?}");
}

fn compare(got: &Trace, expected: &Trace) -> Errors {
    assert_eq!(got.steps.len(), expected.steps.len());
    let mut errors = Errors::new();
    for (got, expected) in got.steps.iter().zip(&expected.steps) {
        compare_step(got, expected, &mut |stage, error| {
            let worst = errors.entry(stage).or_default();
            // `max` would drop NaN.
            *worst = if error > *worst || error.is_nan() { error } else { *worst };
        });
    }
    errors
}

fn compare_step(got: &StepTrace, expected: &StepTrace, report: &mut dyn FnMut(&'static str, f64)) {
    assert_eq!(got.step, expected.step);
    report("losses", by_largest(&got.losses, &expected.losses));
    let (got_outputs, outputs) =
        (got.outputs.as_ref().unwrap(), expected.outputs.as_ref().unwrap());
    assert_eq!(got_outputs.len(), outputs.len());
    for (got, expected) in got_outputs.iter().zip(outputs) {
        report("outputs", of_tensors(got, expected));
    }
    assert!(got.layers.keys().eq(expected.layers.keys()));
    for (got, expected) in got.layers.values().zip(expected.layers.values()) {
        compare_layer(got, expected, report);
    }
    for (stage, got, expected) in [
        ("plain_gradients", &got.plain_gradients, &expected.plain_gradients),
        ("parameters", &got.parameters, &expected.parameters),
        ("buffers", &got.buffers, &expected.buffers),
    ] {
        assert!(got.keys().eq(expected.keys()), "{stage}");
        for (got, expected) in got.values().zip(expected.values()) {
            report(stage, of_tensors(got, expected));
        }
    }
}

fn compare_layer(
    got: &LayerTrace,
    expected: &LayerTrace,
    report: &mut dyn FnMut(&'static str, f64),
) {
    let (got_a, a) = (got.mean_square.as_ref().unwrap(), expected.mean_square.as_ref().unwrap());
    assert_eq!(got_a.len(), a.len());
    for (got, expected) in got_a.iter().zip(a) {
        report("mean_square", of_inputs(got, expected));
    }
    report("ema", by_element(got.ema.as_ref().unwrap(), expected.ema.as_ref().unwrap()));
    assert_eq!(got.scale.is_some(), expected.scale.is_some());
    if let (Some(got), Some(expected)) = (&got.scale, &expected.scale) {
        report("scale", by_element(got, expected));
    }
    for (stage, got, expected) in [
        ("gradient", &got.gradient, &expected.gradient),
        ("momentum", &got.momentum, &expected.momentum),
        ("update", &got.update, &expected.update),
    ] {
        assert_eq!(got.is_some(), expected.is_some(), "{stage}");
        if let (Some(got), Some(expected)) = (got, expected) {
            report(stage, of_tensors(got, expected));
        }
    }
}

fn of_tensors(got: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(got.shape, expected.shape);
    by_largest(&got.data, &expected.data)
}

/// The largest difference against the largest magnitude of the array.
fn by_largest(got: &[f64], expected: &[f64]) -> f64 {
    let scale = expected.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    worst(got, expected, |_| scale)
}

/// The smallest `δ` with `|ΔA_j| ≤ 2·√A_j·δ + δ²`: what the root mean squares of a layer's inputs
/// differ by, against the largest of them.
fn of_inputs(got: &[f64], expected: &[f64]) -> f64 {
    let root = |a: &[f64]| a.iter().map(|a| a.sqrt()).collect::<Vec<_>>();
    let (got, expected) = (root(got), root(expected));
    by_largest(&got, &expected)
}

/// The largest difference against its own element.
fn by_element(got: &[f64], expected: &[f64]) -> f64 {
    worst(got, expected, f64::abs)
}

fn worst(got: &[f64], expected: &[f64], scale: impl Fn(f64) -> f64) -> f64 {
    assert_eq!(got.len(), expected.len());
    let errors = got.iter().zip(expected).map(|(got, &expected)| {
        if *got == expected { 0.0 } else { (got - expected).abs() / scale(expected) }
    });
    errors
        .fold(0.0, |worst: f64, error| if worst.is_nan() || error <= worst { worst } else { error })
}
