//! The judge notices: every stage of a golden trace, made wrong by a little, is named.

use conformance::{
    Basis, Bounds, Judgement, Stage, bounds_of_corpus, judge_own_state, judge_trajectory, sample,
    single_steps,
};
use fixtures::{Case, Dtype, StepTrace, Trace, corpus};

fn pair(name: &str) -> (Case, Trace) {
    let entries = corpus::entries(&corpus::root()).unwrap();
    let entry = entries.iter().find(|entry| entry.name == name).unwrap();
    entry.read().unwrap()
}

/// The judgement of a golden trace with one step changed.
fn judge(name: &str, step: usize, change: impl Fn(&mut StepTrace)) -> Judgement {
    let (case, golden) = pair(name);
    let mut wrong = golden.clone();
    change(&mut wrong.steps[step]);
    assert_ne!(wrong, golden, "the change changes nothing");
    judge_trajectory(&case, &golden, &wrong, &bounds_of_corpus(&case).unwrap())
}

/// The stage, the step and the basis of the first divergence.
fn first(judgement: &Judgement) -> Option<(Stage, usize, Basis)> {
    let deviation = &judgement.divergence.as_ref()?.deviation;
    Some((deviation.address.stage, deviation.step, deviation.basis))
}

/// One value of a stage, to be changed.
type Value = fn(&mut StepTrace) -> &mut f64;

/// Every stage with a place in `mid-run` (two preconditioned layers, batch norm, biases).
const VALUES: [(Stage, Value); 11] = [
    (Stage::MeanSquare, |s| {
        &mut s.layers.get_mut("conv").unwrap().mean_square.as_mut().unwrap()[0][3]
    }),
    (Stage::Outputs, |s| &mut s.outputs.as_mut().unwrap()[0].data[5]),
    (Stage::Losses, |s| &mut s.losses[0]),
    (Stage::Buffers, |s| &mut s.buffers.get_mut("bn.running_var").unwrap().data[1]),
    (Stage::Ema, |s| &mut s.layers.get_mut("head").unwrap().ema.as_mut().unwrap()[1]),
    (Stage::Scale, |s| &mut s.layers.get_mut("conv").unwrap().scale.as_mut().unwrap()[7]),
    (Stage::Gradient, |s| {
        &mut s.layers.get_mut("head").unwrap().gradient.as_mut().unwrap().data[2]
    }),
    (Stage::PlainGradients, |s| &mut s.plain_gradients.get_mut("bn.weight").unwrap().data[2]),
    (Stage::Momentum, |s| {
        &mut s.layers.get_mut("conv").unwrap().momentum.as_mut().unwrap().data[9]
    }),
    (Stage::Update, |s| &mut s.layers.get_mut("conv").unwrap().update.as_mut().unwrap().data[4]),
    (Stage::Parameters, |s| &mut s.parameters.get_mut("head.bias").unwrap().data[3]),
];

#[test]
fn every_stage_made_wrong_is_named() {
    for (stage, value) in VALUES {
        // Far beyond any bound of float64, far below what anybody would see.
        let judgement = judge("mid-run", 1, |step| *value(step) += 1e-9);
        let first = judgement.divergence.unwrap_or_else(|| panic!("{stage} passes"));
        assert_eq!((first.deviation.address.stage, first.deviation.step), (stage, 1));
    }
}

#[test]
fn nan_diverges_in_every_stage() {
    for dtype in [Dtype::Float64, Dtype::Float32] {
        for (stage, value) in VALUES {
            let (case, golden) = pair("mid-run");
            let mut wrong = golden.clone();
            wrong.producer.dtype = dtype;
            *value(&mut wrong.steps[2]) = f64::NAN;
            let judgement =
                judge_trajectory(&case, &golden, &wrong, &bounds_of_corpus(&case).unwrap());
            let first = judgement.divergence.unwrap_or_else(|| panic!("NaN passes in {stage}"));
            assert_eq!(first.deviation.address.stage, stage);
        }
    }
}

#[test]
fn the_first_divergence_in_the_order_of_report_is_named() {
    let judgement = judge("mid-run", 0, |step| {
        VALUES.iter().for_each(|(_, value)| *value(step) += 1e-3);
    });
    assert_eq!(judgement.divergence.unwrap().deviation.address.stage, Stage::MeanSquare);
}

#[test]
fn a_wrong_count_of_observations_or_steps_diverges() {
    let one_more = judge("eval-between", 1, |step| {
        let rows = step.layers.get_mut("conv").unwrap().mean_square.as_mut().unwrap();
        rows.push(rows[0].clone());
    });
    assert_eq!(one_more.divergence.unwrap().deviation.address.stage, Stage::Observations);
    let one_less = judge("shared-layer", 1, |step| {
        step.layers.get_mut("body").unwrap().mean_square.as_mut().unwrap().pop();
    });
    assert_eq!(one_less.divergence.unwrap().deviation.address.stage, Stage::Observations);
    let counted = judge("skipped-step", 1, |step| step.step = Some(2));
    assert_eq!(counted.divergence.unwrap().deviation.address.stage, Stage::Step);
}

#[test]
fn what_is_left_out_is_not_judged_and_said_so() {
    let judgement = judge("mid-run", 1, |step| {
        step.outputs = None;
        step.layers.get_mut("conv").unwrap().scale = None;
        step.buffers.clear();
    });
    assert!(judgement.conforms());
    let not_judged: Vec<_> = judgement.not_judged.into_iter().collect();
    assert_eq!(not_judged, [Stage::Outputs, Stage::Buffers, Stage::Scale]);
}

// ------------------------------------------------------------------ stage by stage

/// The stages that have a formula of their own, each wrong by little in a trace that is otherwise
/// its own expectation: nothing but its formula can tell.
#[test]
fn a_stage_that_is_not_computed_from_the_one_before_it_is_named_in_any_dtype() {
    let errors = [(Dtype::Float64, 1e-9), (Dtype::Float64, 1e-13), (Dtype::Float32, 1e-5)];
    for (dtype, wrong_by) in errors {
        let (case, mut golden) = pair("mid-run");
        golden.producer.dtype = dtype;
        let nothing_else = Bounds::new(&case);
        let judgement = judge_trajectory(&case, &golden, &golden, &nothing_else);
        let derived = judgement.stage_by_stage();
        assert_eq!((judgement.conforms(), derived.len()), (true, 5));
        for (stage, value) in VALUES.into_iter().filter(|(stage, _)| derived.contains(stage)) {
            let mut wrong = golden.clone();
            *value(&mut wrong.steps[1]) *= 1.0 + wrong_by;
            let judgement = judge_trajectory(&case, &wrong, &wrong, &nothing_else);
            let named = Some((stage, 1, Basis::OwnStages));
            assert_eq!(first(&judgement), named, "off by {wrong_by:e} in {dtype:?}");
        }
    }
}

/// What the network computes wrongly shows, if nowhere else, in what is computed from it.
#[test]
fn what_was_not_used_is_noticed_by_what_should_have_used_it() {
    for (wrong, shown) in [
        (Stage::MeanSquare, Stage::Ema),
        (Stage::Gradient, Stage::Momentum),
        (Stage::PlainGradients, Stage::Parameters),
    ] {
        let (case, mut trace) = pair("mid-run");
        let (_, value) = VALUES.into_iter().find(|(stage, _)| *stage == wrong).unwrap();
        *value(&mut trace.steps[1]) *= 1.0 + 1e-9;
        let judgement = judge_trajectory(&case, &trace, &trace, &Bounds::new(&case));
        assert_eq!(first(&judgement), Some((shown, 1, Basis::OwnStages)));
    }
}

#[test]
fn where_both_judgements_fail_the_formula_is_named() {
    let judgement = judge("mid-run", 1, |step| *VALUES[5].1(step) *= 1.5);
    assert_eq!(first(&judgement), Some((Stage::Scale, 1, Basis::OwnStages)));
    let text = judgement.divergence.unwrap().to_string();
    assert!(text.contains("(from the trace's own ema)"), "{text}");
    assert!(text.contains("clauses S7, S8"), "{text}");
}

#[test]
fn a_skipped_step_moves_no_parameter_by_a_bit() {
    let (case, golden) = pair("skipped-step");
    let bounds = bounds_of_corpus(&case).unwrap();
    let skipped = case.steps.iter().position(|step| step.skip).unwrap();
    for dtype in [Dtype::Float64, Dtype::Float32] {
        let mut wrong = golden.clone();
        wrong.producer.dtype = dtype;
        let value = &mut wrong.steps[skipped].parameters.values_mut().next().unwrap().data[0];
        *value = value.next_up();
        let judgement = judge_own_state(&case, &wrong, &bounds).unwrap();
        assert_eq!(first(&judgement), Some((Stage::Parameters, skipped, Basis::OwnStages)));
    }
}

// ------------------------------------------------------------------ from its own state

#[test]
fn every_golden_conforms_from_its_own_state() {
    for entry in corpus::entries(&corpus::root()).unwrap() {
        let (case, golden) = pair(&entry.name);
        let bounds = bounds_of_corpus(&case).unwrap();
        let judgement = judge_own_state(&case, &golden, &bounds).unwrap();
        assert_eq!(judgement.basis, Basis::OwnState, "{}", entry.name);
        assert!(judgement.conforms(), "{}: {:?}", entry.name, judgement.divergence);
    }
}

#[cfg(feature = "tch")]
#[test]
fn every_trace_of_libtorch_in_float32_conforms_from_its_own_state() {
    let options = gpu::Options { dtype: Dtype::Float32, ..gpu::Options::default() };
    for entry in corpus::entries(&corpus::root()).unwrap() {
        let (case, _) = entry.read().unwrap();
        let trace = gpu::trace(&case, options).unwrap();
        let bounds = bounds_of_corpus(&case).unwrap();
        let judgement = judge_own_state(&case, &trace, &bounds).unwrap();
        let basis = (judgement.basis, judgement.dtype, judgement.steps);
        assert_eq!(basis, (Basis::OwnState, Dtype::Float32, case.steps.len()), "{}", entry.name);
        assert!(judgement.conforms(), "{}: {:?}", entry.name, judgement.divergence);
        assert!(judgement.not_judged.is_empty(), "{}", entry.name);
    }
}

/// A run from other initial values, told as one of the case: only its first step is wrong.
#[test]
fn a_trace_that_is_wrong_at_the_start_only_is_named_there_only() {
    for name in ["mlp-bias", "mid-run", "skipped-step"] {
        let (case, golden) = pair(name);
        let bounds = bounds_of_corpus(&case).unwrap();
        let mut other = case.clone();
        other.parameters.values_mut().next().unwrap().data[0] += 0.125;
        let wrong = reference::trace(&other).unwrap();
        let judgement = judge_own_state(&case, &wrong, &bounds).unwrap();
        assert_eq!(judgement.diverging, [0].into(), "{name}");
        // Over the whole trajectory, every later step is wrong, too.
        let judgement = judge_trajectory(&case, &golden, &wrong, &bounds);
        assert_eq!(judgement.diverging.len(), case.steps.len(), "{name}");
    }
}

/// Where one step's average is wrong, the steps after it go on from there and conform.
#[test]
fn a_wrong_step_in_the_middle_is_named_there_only() {
    let (case, _) = pair("mlp-bias");
    let bounds = bounds_of_corpus(&case).unwrap();
    let mut trace = reference::trace(&case).unwrap();
    let fc1 = trace.steps[3].layers.get_mut("fc1").unwrap();
    fc1.ema.as_mut().unwrap()[1] *= 1.0 + 1e-6;
    let resumed = single_steps(&case, &trace).swap_remove(4);
    let rest = Case { steps: case.steps[4..].to_vec(), ..resumed };
    trace.steps.splice(4.., reference::trace(&rest).unwrap().steps);

    let judgement = judge_own_state(&case, &trace, &bounds).unwrap();
    assert_eq!(first(&judgement), Some((Stage::Ema, 3, Basis::OwnStages)));
    assert_eq!(judgement.diverging, [3].into());
}

#[test]
fn a_trace_without_its_state_is_judged_as_a_whole_trajectory() {
    let (case, golden) = pair("mid-run");
    let bounds = bounds_of_corpus(&case).unwrap();
    let leave_out: [fn(&mut StepTrace); 3] = [
        |step| step.layers.get_mut("conv").unwrap().ema = None,
        |step| step.layers.get_mut("head").unwrap().momentum = None,
        |step| step.buffers.clear(),
    ];
    for leave_out in leave_out {
        let mut trace = golden.clone();
        leave_out(&mut trace.steps[1]);
        let judgement = judge_own_state(&case, &trace, &bounds).unwrap();
        assert_eq!((judgement.basis, judgement.conforms()), (Basis::Trajectory, true));
    }
    // `t` alone is no state: it can be counted.
    let mut trace = golden;
    trace.steps.iter_mut().for_each(|step| step.step = None);
    let judgement = judge_own_state(&case, &trace, &bounds).unwrap();
    assert_eq!((judgement.basis, judgement.conforms()), (Basis::OwnState, true));
}

#[test]
fn any_step_number_is_judged() {
    let (case, golden) = pair("skipped-step");
    let bounds = bounds_of_corpus(&case).unwrap();
    for number in [0, 1 << 53, u64::MAX] {
        let mut wrong = golden.clone();
        wrong.steps[2].step = Some(number);
        let judgement = judge_own_state(&case, &wrong, &bounds).unwrap();
        assert_eq!(first(&judgement), Some((Stage::Step, 2, Basis::OwnState)), "{number}");
    }
}

#[test]
fn one_step_from_the_middle_of_a_long_run_is_judged() {
    let (case, golden) = pair("forty-steps");
    let cut = single_steps(&case, &golden).swap_remove(25);
    assert_eq!(cut.state.as_ref().unwrap().step, 25);
    let bounds = sample(&cut);
    let mut trace = reference::trace(&cut).unwrap();
    let judgement = judge_own_state(&cut, &trace, &bounds).unwrap();
    assert!(judgement.conforms(), "{judgement:?}");
    assert_eq!(judgement.stage_by_stage().len(), 5);

    let layer = trace.steps[0].layers.values_mut().next().unwrap();
    layer.momentum.as_mut().unwrap().data[1] *= 1.0 + 1e-9;
    let judgement = judge_own_state(&cut, &trace, &bounds).unwrap();
    assert_eq!(first(&judgement), Some((Stage::Momentum, 0, Basis::OwnStages)));
}
