//! A subject on the other side of a kink conforms, and the verdict says so; where rounding cannot
//! have taken it there, it diverges.

use conformance::slow::{self, Compiled, Definition, Flips, Forks, Session};
use conformance::{
    Basis, Bounds, Crossing, Judgement, OnDemand, Program, ReplayMode, Stage, Subject,
    compare_step, judge_own_state, judge_trajectory, replay, sample,
};
use fixtures::{Case, Trace, corpus};
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// `2ᵏ`.
fn power(k: i32) -> f64 {
    2_f64.powi(k)
}

/// A case of one step without parameters.
fn case(model: &serde_json::Value, input: &serde_json::Value) -> serde_json::Value {
    json!({
        "schema": "adaact.case/1", "name": "kink", "description": "Near a kink.", "clauses": [],
        "dtype": "float64", "model": model, "loss": {"type": "cross_entropy"},
        "optimizer": {"lr": 0.0625, "betas": [0.875, 0.75], "eps": 1e-3, "weight_decay": 0.25},
        "buffers": {}, "parameters": {},
        "steps": [{"forwards": [{"mode": "train", "input": input, "target": [0, 1]}]}],
    })
}

fn parse(mut case: serde_json::Value, parameters: serde_json::Value) -> Case {
    case["parameters"] = parameters;
    let case: Case = serde_json::from_value(case).unwrap();
    case.validate().unwrap();
    case
}

/// Linear, ReLU, linear. In the first sample, unit `j` of the first layer gets `gaps[j]`; in the
/// second, `gaps[j] − 1/2`. Two more units stay away from 0. All is exact in float32.
fn relu_case(gaps: &[f64]) -> Case {
    let units = gaps.len() + 2;
    let mut weight = [0.5, 0.5].repeat(gaps.len());
    weight.extend([1.0, -0.5, -0.25, 1.0]);
    let mut bias: Vec<f64> = gaps.iter().map(|gap| gap - 0.75).collect();
    bias.extend([0.25, -0.125]);
    let next: Vec<f64> = (0..2 * units).map(|i| ((5 * i + 3) % 16) as f64 / 8.0 - 0.9375).collect();
    let linear = |name, fan_in, fan_out| json!({"type": "linear", "name": name, "in": fan_in, "out": fan_out, "bias": true});
    let model = json!([linear("fc1", 2, units), {"type": "relu"}, linear("fc2", units, 2)]);
    let case = case(&model, &json!({"shape": [2, 2], "data": [1.0, 0.5, -0.5, 1.0]}));
    parse(
        case,
        json!({
            "fc1.weight": {"shape": [units, 2], "data": weight},
            "fc1.bias": {"shape": [units], "data": bias},
            "fc2.weight": {"shape": [2, units], "data": next},
            "fc2.bias": {"shape": [2], "data": [0.125, -0.25]},
        }),
    )
}

/// A convolution, in between a ReLU or not, the maximum of 2 × 2 sums of neighbours, linear. The
/// first row of the first image is given; the others stay away from any kink.
fn pool_case(first: [f64; 3], weights: [f64; 2], relu: bool) -> Case {
    let conv = json!({"type": "conv2d", "name": "conv", "in": 1, "out": 1, "kernel": [1, 2],
        "stride": [1, 1], "padding": [0, 0], "bias": false});
    let head = json!({"type": "linear", "name": "head", "in": 1, "out": 2, "bias": true});
    let mut model =
        vec![conv, json!({"type": "max_pool2d", "kernel": 2}), json!({"type": "flatten"}), head];
    if relu {
        model.insert(1, json!({"type": "relu"}));
    }
    let mut image = first.to_vec();
    image.extend([-0.25, 0.0, -0.5, 0.25, 1.0, 0.5, 2.0, 0.5, -1.0]);
    let case = case(&json!(model), &json!({"shape": [2, 1, 2, 3], "data": image}));
    parse(
        case,
        json!({
            "conv.weight": {"shape": [1, 1, 1, 2], "data": weights},
            "head.weight": {"shape": [2, 1], "data": [0.75, -0.5]},
            "head.bias": {"shape": [2], "data": [0.125, -0.25]},
        }),
    )
}

/// The trace of a subject that goes to the other side at these forks of each step.
fn trace<S: Compiled>(case: &Case, flips: &[&[usize]]) -> Trace {
    let along = |step| {
        let flips: &[usize] = flips.get(step).copied().unwrap_or_default();
        Forks::record().flipping(flips.iter().copied().collect::<Flips>())
    };
    let (steps, _) = slow::run::<S>(case, case.steps.len(), &along, &S::new);
    Trace { steps, ..slow::trace::<S>(case, &Definition) }
}

/// The stages of a step that lie beyond their bounds of what the reference computes.
fn beyond(case: &Case, step: usize, basis: Basis, got: &Trace, bounds: &Bounds) -> Vec<Stage> {
    let expected = reference::trace(case).unwrap();
    let compared = compare_step(case, step, basis, &expected.steps[step], &got.steps[step]);
    let beyond = compared.deviations.into_iter().filter(|deviation| {
        let bound = bounds.of(got.producer.dtype, basis.mode(), &deviation.address).unwrap();
        !(deviation.error <= bound)
    });
    beyond.map(|deviation| deviation.address.stage).collect()
}

/// Judges a step that is on the other side of what the reference computes.
#[track_caller]
fn judged_on_its_side(case: &Case, trace: &Trace) -> Judgement {
    let bounds = sample(case);
    let beyond = beyond(case, 0, Basis::OwnState, trace, &bounds);
    assert!(beyond.contains(&Stage::Gradient), "the trace is on the reference's side: {beyond:?}");
    let judgement = judge_own_state(case, trace, &bounds).unwrap();
    let on_demand = judge_own_state(case, trace, &OnDemand::of(case)).unwrap();
    // As text: NaN equals itself there.
    let said = |it: &Judgement| format!("{:?} {:?} {:?}", it.divergence, it.diverging, it.kinks);
    assert_eq!(said(&on_demand), said(&judgement), "with bounds sampled on demand");
    judgement
}

#[track_caller]
fn assert_conforms_across(case: &Case, trace: &Trace, open: usize, crossed: usize) {
    let judgement = judged_on_its_side(case, trace);
    assert!(judgement.conforms(), "{:?}", judgement.divergence);
    assert_eq!(judgement.kinks, [Crossing { step: 0, open, crossed }]);
}

#[track_caller]
fn assert_diverges(case: &Case, trace: &Trace) {
    let judgement = judged_on_its_side(case, trace);
    assert_eq!(judgement.divergence.unwrap().deviation.address.stage, Stage::Gradient);
    assert_eq!(judgement.kinks, []);
}

// ------------------------------------------------------------------ what rounding can cross

#[test]
fn a_relu_within_rounding_of_zero() {
    for side in [1.0, -1.0] {
        let case = relu_case(&[side * power(-22)]);
        assert_conforms_across(&case, &trace::<f32>(&case, &[&[0]]), 1, 1);
        let case = relu_case(&[side * power(-51)]);
        assert_conforms_across(&case, &trace::<f64>(&case, &[&[0]]), 1, 1);
    }
}

/// Parameters and inputs that float32 rounds, so that it goes another way by itself.
#[test]
fn a_float32_run_that_crosses_by_itself() {
    let dies = relu_case(&[power(-40)]);
    assert_conforms_across(&dies, &trace::<f32>(&dies, &[]), 1, 1);
    // −0.05 of a unit in the last place in float64; in float32 a whole one, all of it rounding.
    let mut wakes = relu_case(&[0.51 * power(-24)]);
    let weight = wakes.parameters.get_mut("fc1.weight").unwrap();
    weight.data[..2].fill(0.5 - 0.9 * power(-26));
    wakes.steps[0].forwards[0].input.data[0] = 1.0 - 0.9 * power(-25);
    let trace = trace::<f32>(&wakes, &[]);
    let observed = trace.steps[0].layers["fc2"].mean_square.as_ref().unwrap();
    assert_eq!(observed[0][0], power(-24).powi(2) / 2.0);
    assert_conforms_across(&wakes, &trace, 1, 1);
}

#[test]
fn a_maximum_within_rounding_of_a_tie() {
    let case = pool_case([1.0, 0.5, 1.0 + power(-20)], [0.5, 0.5], false);
    assert_conforms_across(&case, &trace::<f32>(&case, &[&[0]]), 1, 1);
    let case = pool_case([1.0, 0.5, 1.0 + power(-50)], [0.5, 0.5], false);
    assert_conforms_across(&case, &trace::<f64>(&case, &[&[0]]), 1, 1);
}

/// Where the second pixel passes the ReLU, it also wins the maximum over what were only zeros.
#[test]
fn a_relu_that_decides_a_maximum() {
    let case = pool_case([-1.0, 0.5, -0.5 - power(-22)], [0.5, 0.5], true);
    assert_conforms_across(&case, &trace::<f32>(&case, &[&[1]]), 1, 1);
}

#[test]
fn one_kink_or_several_of_those_that_are_open() {
    let case = relu_case(&[power(-22), -power(-23), 0.25, power(-21)]);
    assert_conforms_across(&case, &trace::<f32>(&case, &[&[1]]), 3, 1);
    assert_conforms_across(&case, &trace::<f32>(&case, &[&[0, 3]]), 3, 2);
    let case = relu_case(&[power(-22); 9]);
    assert_conforms_across(&case, &trace::<f32>(&case, &[&[6]]), 9, 1);
    assert_conforms_across(&case, &trace::<f32>(&case, &[&[1, 4, 8]]), 9, 3);
}

#[test]
fn a_trace_without_gradients() {
    let case = relu_case(&[power(-22)]);
    let mut trace = trace::<f32>(&case, &[&[0]]);
    trace.steps[0].layers.values_mut().for_each(|layer| layer.gradient = None);
    let judgement = judge_own_state(&case, &trace, &sample(&case)).unwrap();
    assert!(judgement.conforms(), "{:?}", judgement.divergence);
    assert_eq!(judgement.kinks, [Crossing { step: 0, open: 1, crossed: 1 }]);
}

#[test]
fn a_trace_on_the_side_of_the_reference_crosses_nothing() {
    let case = relu_case(&[power(-22)]);
    let judgement = judge_own_state(&case, &trace::<f32>(&case, &[]), &sample(&case)).unwrap();
    assert!(judgement.conforms() && judgement.kinks.is_empty(), "{judgement:?}");
}

// ------------------------------------------------------------------ what it cannot

#[test]
fn a_clear_gap_is_not_crossed() {
    for gap in [power(-14), -power(-14), 0.125] {
        let case = relu_case(&[gap]);
        let wrong = with_gradients_of(&case, &[0]);
        assert_diverges(&case, &wrong);
    }
    // In float64, what float32 may cross is clear.
    let case = relu_case(&[power(-22)]);
    let wrong = trace::<f64>(&case, &[&[0]]);
    let judgement = judge_own_state(&case, &wrong, &sample(&case)).unwrap();
    assert!(!judgement.conforms() && judgement.kinks.is_empty());
}

/// A float32 subject whose forwards are right and whose gradients are those of the other side at
/// these forks: a wrong derivative.
fn with_gradients_of(case: &Case, flips: &[usize]) -> Trace {
    let mut session = Session::<f32>::start(case, &Definition, &|x| x as f32).unwrap();
    let flipped = Forks::record().flipping(flips.iter().copied().collect());
    let other = session.clone().passes(&case.steps[0], &mut { flipped });
    let mut passes = session.passes(&case.steps[0], &mut Forks::record());
    passes[0].gradients = other[0].gradients.clone();
    let steps = vec![session.finish(&case.steps[0], &passes).unwrap()];
    Trace { steps, ..slow::trace::<f32>(case, &Definition) }
}

/// Derivative 1 at 0, or the last of equal maxima: no rounding, but another convention.
#[test]
fn where_nothing_is_rounded_the_convention_decides() {
    let mut case = relu_case(&[0.75]);
    case.steps[0].forwards[0].input.data[..2].fill(0.0);
    assert_diverges(&case, &trace::<f32>(&case, &[&[0]]));
    let case = pool_case([1.0, 1.0, 0.25], [0.5, 0.0], false);
    assert_diverges(&case, &trace::<f32>(&case, &[&[0]]));
}

/// The corpus has a case of each, with exact kinks in the first step.
#[test]
fn the_cases_of_conventions_tell_the_other_side() {
    for name in ["relu-at-zero", "max-pool-tie"] {
        let path = corpus::root().join(format!("own/{name}.case.json"));
        let mut case = Case::read(&path).unwrap();
        case.steps.truncate(1);
        let mut forks = Forks::record();
        let mut session = Session::<f64>::start(&case, &Definition, &f64::from).unwrap();
        session.passes(&case.steps[0], &mut forks);
        let exact = forks.taken().iter().position(|fork| fork.gap == 0.0);
        let exact = exact.unwrap_or_else(|| panic!("{name} has no exact kink"));
        assert_diverges(&case, &with_gradients_of(&case, &[exact]));
    }
}

#[test]
fn a_mistake_beside_an_open_kink_diverges() {
    let case = relu_case(&[power(-22), 0.125]);
    assert_diverges(&case, &with_gradients_of(&case, &[1]));
    assert_diverges(&case, &with_gradients_of(&case, &[0, 1]));
    let mut outputs = trace::<f32>(&case, &[&[0]]);
    outputs.steps[0].outputs.as_mut().unwrap()[0].data[1] += 1e-3;
    let judgement = judge_own_state(&case, &outputs, &sample(&case)).unwrap();
    assert_eq!(judgement.divergence.unwrap().deviation.address.stage, Stage::Outputs);
    let mut nan = trace::<f32>(&case, &[&[0]]);
    nan.steps[0].layers.get_mut("fc1").unwrap().gradient.as_mut().unwrap().data[0] = f64::NAN;
    assert_diverges(&case, &nan);
}

/// The optimizer's mistake is named, not the gradients of the other side.
#[test]
fn a_mistake_of_the_optimizer_behind_a_crossed_kink_is_named() {
    let case = relu_case(&[power(-22)]);
    let mut wrong = trace::<f32>(&case, &[&[0]]);
    wrong.steps[0].layers.get_mut("fc1").unwrap().update.as_mut().unwrap().data[4] *= 1.5;
    let judgement = judged_on_its_side(&case, &wrong);
    assert_eq!(judgement.divergence.unwrap().deviation.address.stage, Stage::Update);
    assert_eq!(judgement.kinks, [Crossing { step: 0, open: 1, crossed: 1 }]);
}

// ------------------------------------------------------------------ several steps

/// Three steps; the first has a rate of 0, so that the second stands at the same kink.
fn three_steps() -> Case {
    let mut case = relu_case(&[power(-22)]);
    case.steps = vec![case.steps[0].clone(); 3];
    case.steps[0].lr = Some(0.0);
    case
}

#[test]
fn a_trajectory_goes_on_from_the_side_that_was_taken() {
    let case = three_steps();
    let (bounds, expected) = (sample(&case), reference::trace(&case).unwrap());
    let at = |step| Crossing { step, open: 1, crossed: 1 };
    let second: [&[usize]; 2] = [&[], &[0]];
    let both: [&[usize]; 2] = [&[0], &[0]];
    for (flips, crossings) in [(second, vec![at(1)]), (both, vec![at(0), at(1)])] {
        let trace = trace::<f32>(&case, &flips);
        let last = beyond(&case, 2, Basis::Trajectory, &trace, &bounds);
        assert!(!last.is_empty(), "the sides lead to the same third step");
        let judgement = judge_trajectory(&case, &expected, &trace, &bounds);
        assert!(judgement.conforms(), "{:?}", judgement.divergence);
        assert_eq!(judgement.kinks, crossings);
        let judgement = judge_own_state(&case, &trace, &bounds).unwrap();
        assert!(judgement.conforms(), "{:?}", judgement.divergence);
        assert_eq!(judgement.kinks, crossings);
    }
}

#[test]
fn a_trajectory_that_has_left_the_expected_one_takes_no_side() {
    let case = three_steps();
    let (bounds, expected) = (sample(&case), reference::trace(&case).unwrap());
    let mut wrong = trace::<f32>(&case, &[&[], &[0]]);
    wrong.steps[0].losses[0] += 1e-3;
    let judgement = judge_trajectory(&case, &expected, &wrong, &bounds);
    assert_eq!((judgement.diverging.len(), judgement.kinks.len()), (3, 0));
}

// ------------------------------------------------------------------ what is printed

fn printed(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// A case, its golden trace and a trace on the other side, as files in a folder.
fn write_files(folder: &Path) -> (Case, Trace) {
    let case = relu_case(&[power(-22)]);
    let golden = reference::trace(&case).unwrap();
    case.write(folder.join("kink.case.json")).unwrap();
    golden.write(folder.join("kink.golden.json")).unwrap();
    trace::<f32>(&case, &[&[0]]).write(folder.join("other")).unwrap();
    (case, golden)
}

#[test]
fn the_verdicts_say_so() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path());
    let path = |name| folder.path().join(name).to_str().unwrap().to_owned();
    let (case, trace) = (path("kink.case.json"), path("other"));
    let (code, text) = printed(&["check", "--case", &case, "--trace", &trace]);
    let line = "\nkinks: steps[0]: 1 of 1 open kinks taken on the other side\n";
    assert!(code == Some(0) && text.contains(line), "{text}");
    let (_, text) = printed(&["check", "--case", &case, "--trace", &trace, "--format", "json"]);
    let verdict: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(verdict["kinks"], json!([{"step": 0, "open": 1, "crossed": 1}]));
}

/// Restarted from the golden state, or over the whole trajectory.
#[test]
fn a_subject_that_is_run_may_take_the_other_side() {
    let folder = tempfile::tempdir().unwrap();
    let (case, golden) = write_files(folder.path());
    let command = format!("sh -c 'cp {}/other \"$1\"'", folder.path().display());
    let subject = Subject::Program(Program::new(&command));
    for mode in [ReplayMode::Forced, ReplayMode::Free] {
        let replayed = replay(&subject, &case, &golden, &sample(&case), mode);
        let judgement = replayed.unwrap().judgement;
        assert!(judgement.conforms(), "{:?}", judgement.divergence);
        assert_eq!(judgement.kinks, [Crossing { step: 0, open: 1, crossed: 1 }]);
    }
    let corpus = folder.path().to_str().unwrap();
    let (code, text) = printed(&["run", "--corpus", corpus, "--subject", &command]);
    let lines = text.matches("; kinks: 1 taken on the other side\n").count();
    assert_eq!((code, lines), (Some(0), 2), "{text}");
}
