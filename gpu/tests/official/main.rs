//! The 24 official cases against the traces of the authors' code.

#[path = "../common/mod.rs"]
mod common;
mod errors;

use common::{case, corpus};
use errors::Errors;
use fixtures::{Case, Dtype, LayerState, State, Trace};
use gpu::{Device, Options};

const FLOAT64: Options = Options { dtype: Dtype::Float64, device: Device::Cpu };
const FLOAT32: Options = Options { dtype: Dtype::Float32, device: Device::Cpu };

/// Every official case with the trace of the authors' code.
fn official() -> Vec<(Case, Trace)> {
    let mut names: Vec<_> = std::fs::read_dir(corpus())
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.to_owned()))
        .filter_map(|file| Some(file.strip_suffix(".case.json")?.to_owned()))
        .collect();
    names.sort();
    assert_eq!(names.len(), 24, "official cases in {}", corpus().display());
    let pair = |name: &String| {
        let case = case(name);
        let trace = Trace::read(corpus().join(format!("{name}.official.json")), &case).unwrap();
        (case, trace)
    };
    names.iter().map(pair).collect()
}

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
        let momentum =
            expected.steps[..k].iter().rev().find_map(|s| s.layers[name].momentum.clone());
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
    assert!(errors.0.values().all(|error| *error <= bound), "{what}, bound {bound:e}: {errors:?}");
}

/// 1e-12 is what two independent implementations must keep; rounding alone stays far below.
#[test]
fn float64_follows_the_authors_code() {
    let [forced, free] = worst(FLOAT64);
    check("float64, step by step", &forced, 1e-12);
    check("float64, whole trajectories", &free, 1e-12);
}

/// 256 roundings of 2⁻²⁴ each: some dozens per dot product, four to nine layers there and back,
/// few steps. A fault shows at 1e-3 and above.
const FLOAT32_BOUND: f64 = 1.0 / 65536.0;

#[test]
fn float32_follows_the_authors_code() {
    let [forced, free] = worst(FLOAT32);
    check("float32, step by step", &forced, FLOAT32_BOUND);
    check("float32, whole trajectories", &free, FLOAT32_BOUND);
}
