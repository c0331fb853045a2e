//! The measures of the trace format.

use fixtures::{LayerTrace, StepTrace, Tensors};
use std::collections::BTreeMap;

/// The largest error of each stage, in the stage's measure.
#[derive(Debug, Default)]
pub struct Errors(pub BTreeMap<&'static str, f64>);

impl Errors {
    /// Compares one step, every stage that the expected one has.
    pub fn add(&mut self, got: &StepTrace, expected: &StepTrace) {
        assert_eq!(got.step, expected.step);
        self.put("losses", against_largest(&got.losses, &expected.losses));
        let outputs = got.outputs.iter().flatten().zip(expected.outputs.iter().flatten());
        outputs.for_each(|(g, e)| self.put("outputs", against_largest(&g.data, &e.data)));
        self.tensors("plain_gradients", &got.plain_gradients, &expected.plain_gradients);
        self.tensors("buffers", &got.buffers, &expected.buffers);
        self.tensors("parameters", &got.parameters, &expected.parameters);
        assert!(got.layers.keys().eq(expected.layers.keys()));
        got.layers.values().zip(expected.layers.values()).for_each(|(g, e)| self.layer(g, e));
    }

    fn layer(&mut self, got: &LayerTrace, expected: &LayerTrace) {
        let rows = |l: &LayerTrace| l.mean_square.clone().unwrap();
        assert_eq!(rows(got).len(), rows(expected).len(), "observations");
        for (g, e) in rows(got).iter().zip(&rows(expected)) {
            // An input off by δ moves √A by δ at most.
            let [g, e] = [g, e].map(|a| a.iter().map(|x| x.sqrt()).collect::<Vec<_>>());
            self.put("mean_square", against_largest(&g, &e));
        }
        for (stage, g, e) in
            [("ema", &got.ema, &expected.ema), ("scale", &got.scale, &expected.scale)]
        {
            assert_eq!(g.is_some(), e.is_some(), "{stage}");
            self.put(stage, g.iter().zip(e).map(|(g, e)| element_by_element(g, e)).fold(0.0, max));
        }
        for (stage, g, e) in [
            ("gradient", &got.gradient, &expected.gradient),
            ("momentum", &got.momentum, &expected.momentum),
            ("update", &got.update, &expected.update),
        ] {
            assert_eq!(g.as_ref().map(|g| &g.shape), e.as_ref().map(|e| &e.shape), "{stage}");
            let errors = g.iter().zip(e).map(|(g, e)| against_largest(&g.data, &e.data));
            self.put(stage, errors.fold(0.0, max));
        }
    }

    fn tensors(&mut self, stage: &'static str, got: &Tensors, expected: &Tensors) {
        assert!(got.keys().eq(expected.keys()), "{stage}");
        for (g, e) in got.values().zip(expected.values()) {
            assert_eq!(g.shape, e.shape, "{stage}");
            self.put(stage, against_largest(&g.data, &e.data));
        }
    }

    /// Keeps the larger of two; NaN stays.
    fn put(&mut self, stage: &'static str, error: f64) {
        let worst = self.0.entry(stage).or_insert(0.0);
        *worst = max(*worst, error);
    }
}

/// The maximum, NaN if one is NaN.
fn max(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

/// The largest `|got − expected|`, against the largest magnitude of the array.
fn against_largest(got: &[f64], expected: &[f64]) -> f64 {
    let largest = expected.iter().map(|e| e.abs()).fold(0.0, max);
    worst(got, expected, |_| largest)
}

/// The largest `|got − expected| / |expected|`.
fn element_by_element(got: &[f64], expected: &[f64]) -> f64 {
    worst(got, expected, f64::abs)
}

fn worst(got: &[f64], expected: &[f64], size: impl Fn(f64) -> f64) -> f64 {
    assert_eq!(got.len(), expected.len());
    let error = |(&g, &e): (&f64, &f64)| if g == e { 0.0 } else { (g - e).abs() / size(e) };
    got.iter().zip(expected).map(error).fold(0.0, max)
}
