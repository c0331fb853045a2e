//! The judge notices: every stage of a golden trace, made wrong by a little, is named.

use conformance::diagnosis::Catalogue;
use conformance::slow::{Definition, Forks, Session};
use conformance::{
    Basis, Bounds, Judgement, Stage, bounds_of_corpus, compare_step, judge_own_state,
    judge_trajectory, sample, single_steps, slow,
};
use fixtures::{Case, Dtype, State, StepTrace, Trace, corpus};
use mistakes::{all, named};

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
        assert!(!judgement.conforms(), "{stage}");
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

/// In any number's place any number will do; nothing but the same will for what is none.
#[test]
fn without_a_bound_what_is_no_number_has_to_be_the_same() {
    let (case, golden) = pair("mid-run");
    let with = |outputs: &[(usize, f64)]| {
        let mut trace = golden.clone();
        trace.producer.dtype = Dtype::Float32;
        let output = &mut trace.steps[1].outputs.as_mut().unwrap()[0].data;
        outputs.iter().for_each(|&(at, value)| output[at] = value);
        trace
    };
    let judge = |expected: &[_], got: &[_]| {
        judge_trajectory(&case, &with(expected), &with(got), &Bounds::none(&case)).divergence
    };
    let values = [1.0, 2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for (expected, got) in values.iter().flat_map(|&e| values.map(|g| (e, g))) {
        let divergence = judge(&[(5, expected)], &[(5, got)]);
        let same = expected.to_bits() == got.to_bits();
        let conforms = same || (expected.is_finite() && got.is_finite());
        assert_eq!(divergence.is_none(), conforms, "{expected} and {got}");
        let stage = divergence.map(|judged| judged.deviation.address.stage);
        assert!(stage.is_none_or(|stage| stage == Stage::Outputs));
    }
    // An infinite error of numbers, beside nothing but zeros, hides none of what are not.
    let len = golden.steps[1].outputs.as_ref().unwrap()[0].data.len();
    let zeros: Vec<_> = (0..len).map(|at| (at, 0.0)).collect();
    let expected = [&zeros[..], &[(5, f64::NAN)]].concat();
    let got = [&zeros[..], &[(0, 1e-3), (5, f64::INFINITY)]].concat();
    let first = judge(&expected, &got).unwrap().deviation;
    assert!(first.expected.is_nan() && first.got == f64::INFINITY && first.error.is_infinite());
    assert!(judge(&zeros, &[&zeros[..], &[(0, 1e-3)]].concat()).is_none());
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

/// A scale of `1/0` has no bound, and must not hide behind the others of its array.
#[test]
fn a_value_where_an_infinite_one_is_expected_is_named() {
    let (case, golden) = pair("epsilon-zero-dead-column");
    for wrong in [5.0, f64::MAX, f64::NEG_INFINITY, f64::NAN] {
        let mut trace = golden.clone();
        let scale = trace.steps[0].layers.get_mut("fc1").unwrap().scale.as_mut().unwrap();
        assert_eq!(std::mem::replace(&mut scale[2], wrong), f64::INFINITY);
        let judgement = judge_trajectory(&case, &trace, &trace, &Bounds::new(&case));
        assert_eq!(first(&judgement), Some((Stage::Scale, 0, Basis::OwnStages)), "{wrong}");
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
        let basis = (judgement.basis, judgement.dtype, judgement.steps());
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

// ------------------------------------------------------------------ where a step begins

#[test]
fn a_cut_begins_at_the_step_before_and_at_the_start_of_the_case() {
    let (case, golden) = pair("mlp-bias");
    let cuts = single_steps(&case, &golden);
    assert_eq!(cuts[0], Case { steps: case.steps[..1].to_vec(), ..case.clone() });
    assert_eq!(cuts[1].state.as_ref().unwrap().step, 1);
    // A state before the first step is empty, and stays one.
    let stated = Case { state: Some(State::default()), ..case };
    let cuts = single_steps(&stated, &golden);
    assert_eq!(cuts[0].state, Some(State::default()));
    assert!(judge_own_state(&stated, &golden, &Bounds::new(&stated)).is_ok());
    // Where the first step is skipped, the second is the first.
    let (case, golden) = pair("skip-first-step");
    let cuts = single_steps(&case, &golden);
    assert_eq!((&cuts[1].state, &cuts[1].parameters), (&None, &golden.steps[0].parameters));
}

#[test]
fn a_step_number_too_large_for_a_case_is_the_largest_there() {
    let (case, mut wrong) = pair("skipped-step");
    wrong.steps[2].step = Some(u64::MAX);
    let cut = single_steps(&case, &wrong).swap_remove(3);
    assert_eq!(cut.state.as_ref().unwrap().step, (1 << 53) - 1);
    cut.validate().unwrap();
}

/// With no step completed the averages are known: nothing (S6, S10).
#[test]
fn after_a_skipped_first_step_the_averages_begin_anew() {
    let (case, mut trace) = pair("skip-first-step");
    let name = trace.steps[0].layers.keys().next().unwrap().clone();
    trace.steps[0].layers.get_mut(&name).unwrap().ema = None;
    trace.steps[1].layers.get_mut(&name).unwrap().ema.as_mut().unwrap()[0] *= 1.0 + 1e-9;
    let judgement = judge_trajectory(&case, &trace, &trace, &Bounds::new(&case));
    assert_eq!(first(&judgement), Some((Stage::Ema, 1, Basis::OwnStages)));
}

#[test]
fn a_momentum_left_out_of_a_step_is_not_taken_from_the_step_before() {
    let judgement = judge("mid-run", 0, |step| {
        step.layers.get_mut("conv").unwrap().momentum = None;
    });
    assert!(judgement.conforms(), "{:?}", judgement.divergence);
    assert_eq!(judgement.not_derived, [Stage::Momentum, Stage::Update].into());
    assert_eq!(judgement.stage_by_stage(), [Stage::Ema, Stage::Scale, Stage::Parameters]);
}

/// A float32 subject rounds the case's parameters once, and must not move them otherwise.
#[test]
fn a_skipped_first_step_keeps_the_parameters_of_the_case() {
    let (case, golden) = pair("skip-first-step");
    let judge = |change: fn(f64) -> f64| {
        let mut trace = golden.clone();
        trace.producer.dtype = Dtype::Float32;
        let values = trace.steps[0].parameters.values_mut().flat_map(|p| &mut p.data);
        values.for_each(|value| *value = change(*value));
        let judgement = judge_trajectory(&case, &trace, &trace, &Bounds::new(&case));
        judgement.diverging.contains(&0).then(|| first(&judgement))
    };
    assert_eq!(judge(|x| f64::from(x as f32)), None);
    let moved = Some((Stage::Parameters, 0, Basis::OwnStages));
    assert_eq!(judge(|x| f64::from((x as f32).next_up())), Some(moved));
}

#[test]
fn the_first_step_of_a_float32_subject_is_judged_as_narrowly_as_the_others() {
    let (case, mut trace) = pair("mid-run");
    trace.producer.dtype = Dtype::Float32;
    trace.steps[0].parameters.get_mut("head.weight").unwrap().data[2] *= 1.0 + 1e-5;
    let judgement = judge_trajectory(&case, &trace, &trace, &Bounds::new(&case));
    assert_eq!(first(&judgement), Some((Stage::Parameters, 0, Basis::OwnStages)));
}

// ------------------------------------------------------------------ deviations

/// In every layer with a bias the unit is the largest input, not the bias's 1 (S5).
#[test]
fn a_bias_is_no_input_column() {
    let (case, golden) = pair("conv-grouped");
    let mut expected = golden.steps[0].clone();
    // 13 columns in each of 2 groups, and 7 columns: inputs of rms 1/4, then the 1 of the bias.
    for (name, len, columns) in [("conv", 26, 13), ("head", 7, 7)] {
        let a = &mut expected.layers.get_mut(name).unwrap().mean_square.as_mut().unwrap()[0];
        assert_eq!(a.len(), len);
        for (j, a) in a.iter_mut().enumerate() {
            *a = if j % columns == columns - 1 { 1.0 } else { 0.0625 };
        }
    }
    for name in ["conv", "head"] {
        let mut got = expected.clone();
        // An input error of 1/2, twice the largest rms: (1/4 + 1/2)².
        got.layers.get_mut(name).unwrap().mean_square.as_mut().unwrap()[0][3] = 0.5625;
        let compared = compare_step(&case, 0, Basis::Trajectory, &expected, &got);
        let of_layer = compared.deviations.iter().find(|deviation| {
            (deviation.address.stage, &*deviation.address.name) == (Stage::MeanSquare, name)
        });
        let largest = of_layer.unwrap();
        assert_eq!((largest.error, &largest.index[..]), (2.0, &[3][..]), "{name}");
    }
}

#[test]
fn of_equal_deviations_the_first_in_the_order_of_report_is_kept() {
    let (case, golden) = pair("mid-run");
    let mut judgement = judge_trajectory(&case, &golden, &golden, &Bounds::new(&case));
    let kept = &judgement.worst[&(Stage::Parameters, Basis::Trajectory)].deviation;
    assert_eq!((kept.step, &*kept.address.name), (0, "conv.weight"));
    assert_eq!(kept.index, [0, 0, 0, 0]);
    judgement.worst.retain(|(_, basis), _| *basis == Basis::Trajectory);
    let largest = &judgement.largest().unwrap().deviation;
    assert_eq!(largest.address.stage, Stage::Observations);
}

#[test]
fn the_largest_deviation_is_kept_by_stage_and_over_all() {
    let judgement = judge("mid-run", 1, |step| {
        for (name, by) in [("conv.weight", 1e-6), ("bn.weight", 1e-3), ("head.bias", 1e-4)] {
            step.parameters.get_mut(name).unwrap().data[2] += by;
        }
    });
    let worst = &judgement.worst[&(Stage::Parameters, Basis::OwnStages)];
    assert_eq!((worst.deviation.step, &*worst.deviation.address.name), (1, "bn.weight"));
    assert_eq!(judgement.largest(), Some(worst));
}

#[test]
fn a_deviation_conforms_up_to_its_bound_and_is_told_as_a_multiple_of_it() {
    let judgement = judge("mid-run", 1, |step| *VALUES[4].1(step) *= 1.5);
    let mut judged = judgement.divergence.unwrap();
    judged.bound = 0.375;
    for (error, ratio, conforms) in
        [(0.0, 0.0, true), (0.375, 1.0, true), (0.375_f64.next_up(), 1.0, false), (1.5, 4.0, false)]
    {
        judged.deviation.error = error;
        assert!((judged.ratio() - ratio).abs() <= 2.0 * f64::EPSILON, "{error}");
        assert_eq!(judged.conforms(), conforms, "{error}");
    }
    judged.deviation.error = f64::NAN;
    assert!(!judged.conforms());
    // Without a bound, what is equal conforms.
    (judged.deviation.error, judged.bound) = (0.0, 0.0);
    assert_eq!((judged.ratio(), judged.conforms()), (0.0, true));
}

#[test]
fn a_deviation_is_told_in_units_in_the_last_place_of_the_subject() {
    let (case, golden) = pair("mid-run");
    let ulps = |dtype, change: fn(f64) -> f64| {
        let mut wrong = golden.clone();
        wrong.producer.dtype = dtype;
        let value = &mut wrong.steps[1].parameters.get_mut("head.bias").unwrap().data[3];
        *value = change(*value);
        let judgement = judge_trajectory(&case, &golden, &wrong, &Bounds::new(&case));
        judgement.worst[&(Stage::Parameters, Basis::Trajectory)].ulps
    };
    assert_eq!(ulps(Dtype::Float64, |x| x.next_up().next_up()), 2.0);
    assert_eq!(ulps(Dtype::Float32, f64::next_up), 1.0 / f64::from(1 << 29));
    assert_eq!(ulps(Dtype::Float64, |_| f64::NAN), f64::INFINITY);
    // What is equal is off by nothing, NaN and infinities included.
    for loss in [f64::NAN, f64::INFINITY] {
        let mut trace = golden.clone();
        trace.steps[0].losses[0] = loss;
        let judgement = judge_trajectory(&case, &trace, &trace, &Bounds::new(&case));
        let judged = &judgement.worst[&(Stage::Losses, Basis::Trajectory)];
        assert_eq!(judged.deviation.got.to_bits(), loss.to_bits());
        assert_eq!((judged.ulps, judged.conforms()), (0.0, true), "{loss}");
    }
}

#[test]
fn a_deviation_says_where_it_is() {
    let expected = [
        "layer conv, stage mean_square, observation 0, index [3]",
        "stage outputs, forward 0, index [1, 1]",
        "stage losses, forward 0",
        "buffer bn.running_var, stage buffers, index [1]",
        "layer head, stage ema, index [1]",
        "layer conv, stage scale, index [7]",
        "layer head, stage gradient, index [0, 2]",
        "parameter bn.weight, stage plain_gradients, index [2]",
        "layer conv, stage momentum, index [0, 9]",
        "layer conv, stage update, index [0, 4]",
        "parameter head.bias, stage parameters, index [3]",
    ];
    for ((_, value), expected) in VALUES.into_iter().zip(expected) {
        let judgement = judge("mid-run", 1, |step| *value(step) += 1e-3);
        let deviation = judgement.divergence.unwrap().deviation;
        assert_eq!(deviation.to_string(), format!("steps[1], {expected}"));
    }
    let counted = judge("skipped-step", 1, |step| step.step = Some(2));
    let deviation = counted.divergence.unwrap().deviation;
    assert_eq!(deviation.to_string(), "steps[1], stage step");
}

#[test]
fn clauses_without_their_stages_are_told_once_and_in_order() {
    let judgement = judge("mid-run", 1, |step| {
        step.step = None;
        let conv = step.layers.get_mut("conv").unwrap();
        (conv.mean_square, conv.scale) = (None, None);
    });
    let clauses = ["S2", "S3", "S4", "S5", "S7", "S8", "S17", "S19", "S20"];
    assert_eq!(judgement.clauses_not_judged(), clauses);
}

/// What conforms to one mistake's trajectory and to no other is that mistake; what conforms is none,
/// although many mistakes change nothing in this case.
#[test]
fn a_trajectory_within_its_bounds_of_a_mistake_is_that_mistake() {
    let (case, golden) = pair("mlp-bias");
    let bounds = bounds_of_corpus(&case).unwrap();
    let catalogue = Catalogue::of(&case);
    let wrong = slow::trace::<f64>(&case, named("every-step-reset").unwrap());
    assert_eq!(catalogue.diagnose(&wrong, &bounds).whole, [named("every-step-reset").unwrap()]);
    assert!(catalogue.diagnose(&golden, &bounds).is_empty());
}

/// A port whose hooks report every use of a layer, but whose average takes in something else.
#[test]
fn a_mistake_behind_an_honest_mean_square_is_named() {
    let (case, _) = pair("shared-layer");
    let bounds = bounds_of_corpus(&case).unwrap();
    for name in ["uses-averaged", "last-use-only", "forwards-averaged"] {
        let made = named(name).unwrap();
        let mut wrong = slow::trace::<f64>(&case, made);
        let mut session = Session::<f64>::start(&case, made, &f64::from).unwrap();
        for (step, got) in case.steps.iter().zip(&mut wrong.steps) {
            let passes = session.passes(step, &mut Forks::record());
            let mut honest = Session::start(&case, &Definition, &f64::from).unwrap();
            let seen = honest.finish(step, &passes).unwrap();
            session.finish(step, &passes).unwrap();
            for (name, layer) in &mut got.layers {
                layer.mean_square.clone_from(&seen.layers[name].mean_square);
            }
        }
        let catalogue = Catalogue::of(&case);
        let found = catalogue.diagnose(&wrong, &bounds).whole;
        assert!(found.contains(&made), "{made}: {found:?}");
        // Also where the trace has no state to start each step from.
        wrong.steps.iter_mut().flat_map(|step| step.layers.values_mut()).for_each(|layer| {
            layer.ema = None;
        });
        let found = catalogue.diagnose(&wrong, &bounds).whole;
        assert!(found.contains(&made), "{made}: {found:?}");
    }
}

/// What a trace reports after a step goes on; nothing is restored where the case has no state. So a
/// port that counts a skipped step, and makes another mistake later, has not restored `t` wrong.
#[test]
fn mistakes_of_a_restart_are_named_only_where_a_case_restarts() {
    let (case, _) = pair("skipped-step");
    let bounds = bounds_of_corpus(&case).unwrap();
    let mut wrong = slow::trace::<f64>(&case, named("skip-counted").unwrap());
    let last = wrong.steps.last_mut().unwrap();
    last.parameters.values_mut().next().unwrap().data[0] += 1.0;
    let found = Catalogue::of(&case).diagnose(&wrong, &bounds).first;
    assert!(found.contains(&named("skip-counted").unwrap()), "{found:?}");
    assert!(found.iter().all(|mistake| mistake.clause != "S20"), "{found:?}");
}

/// A port that appends the bias's 1 to the mean square rather than to the rows.
#[test]
fn a_mistake_that_keeps_the_one_of_the_bias_is_named() {
    let (case, _) = pair("conv-padding");
    let bounds = bounds_of_corpus(&case).unwrap();
    for mistake in all().filter(|mistake| mistake.simpler.is_some()) {
        let wrong = slow::trace::<f64>(&case, mistake);
        assert_eq!(Catalogue::of(&case).diagnose(&wrong, &bounds).whole, [mistake]);
    }
}
