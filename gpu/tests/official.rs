//! The 24 official cases against the traces of the authors' code.

mod common;

use common::{Errors, official};
use fixtures::{Case, Dtype, LayerState, State, Trace};
use gpu::{Device, Options};

const FLOAT64: Options = Options { dtype: Dtype::Float64, device: Device::Cpu };
const FLOAT32: Options = Options { dtype: Dtype::Float32, device: Device::Cpu };

/// The case cut to step `k`, from the expected state before it.
fn forced(case: &Case, expected: &Trace, k: usize) -> Case {
    let mut case = case.clone();
    case.steps = vec![case.steps[k].clone()];
    if k == 0 {
        return case;
    }
    let before = &expected.steps[k - 1];
    case.parameters = before.parameters.clone();
    case.buffers = before.buffers.clone();
    let step = before.step.unwrap();
    let layers = before.layers.iter().map(|(name, layer)| {
        // A skipped step reports no M: it is the one before (S19).
        let momentum = expected.steps[..k].iter().rev().find_map(|s| s.layers[name].momentum.clone());
        let initial = || Some(case.state.as_ref()?.layers[name].momentum.clone());
        let momentum = momentum.or_else(initial);
        (name.clone(), LayerState { ema: layer.ema.clone().unwrap(), momentum: momentum.unwrap() })
    });
    case.state = Some(State { step, layers: if step == 0 { [].into() } else { layers.collect() } });
    case
}

/// The worst error of each stage over all official cases, step by step from their own states, and
/// as whole trajectories.
fn worst(options: Options) -> [Errors; 2] {
    let mut worst = [Errors::default(), Errors::default()];
    for (case, expected) in official() {
        for (k, step) in expected.steps.iter().enumerate() {
            let got = gpu::trace(&forced(&case, &expected, k), options).unwrap();
            worst[0].add(&got.steps[0], step);
        }
        let got = gpu::trace(&case, options).unwrap();
        assert_eq!(got.steps.len(), expected.steps.len());
        got.steps.iter().zip(&expected.steps).for_each(|(got, step)| worst[1].add(got, step));
    }
    worst
}

/// Prints all errors (`--nocapture`), and fails if one is above its bound, or NaN.
fn check(what: &str, errors: &Errors, bound: f64) {
    println!("{what}");
    errors.0.iter().for_each(|(stage, error)| println!("  {stage:16}{error:.1e}"));
    let above = errors.0.iter().find(|(_, error)| !(**error <= bound));
    assert!(above.is_none(), "{what}: {above:?}, bound {bound:e}");
}

/// 1e-12 is what two independent implementations must keep; rounding alone stays far below.
#[test]
fn float64_follows_the_authors_code() {
    let [forced, free] = worst(FLOAT64);
    check("float64, step by step", &forced, 1e-12);
    check("float64, whole trajectories", &free, 1e-12);
}

#[test]
fn float32_follows_the_authors_code() {
    let [forced, free] = worst(FLOAT32);
    check("float32, step by step", &forced, 1e-4);
    check("float32, whole trajectories", &free, 1e-2);
}
