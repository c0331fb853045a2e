//! Laws of whole runs: what they keep, what leaves no trace, and where they can be cut.

use super::build::run;
use super::cases;
use fixtures::{Case, Group, Mode, State, StepTrace};
use proptest::prelude::*;
use reference::Session;
use reference::convert::{to_array, to_tensor, to_tensors};

fn start(case: &Case) -> Session {
    case.validate().unwrap();
    Session::start(case).unwrap()
}

fn steps(session: &mut Session, case: &Case) -> Vec<StepTrace> {
    case.steps.iter().map(|step| session.step(step).unwrap()).collect()
}

proptest! {
    #![proptest_config(cases(64))]

    /// Save, write, read, restore, continue: to the bit as if the run had not stopped (S20).
    #[test]
    fn a_restored_run_goes_on_as_if_it_had_not_stopped(
        convolutions: bool,
        (taken, left) in (0..4_usize, 1..4_usize),
        forwards in 1..3_usize,
        seed: u64,
    ) {
        let case = run(convolutions, taken + left, forwards, seed);
        let mut whole = start(&case);
        let expected = steps(&mut whole, &case);

        let (before, after) = case.steps.split_at(taken);
        let mut first = start(&case);
        for step in before {
            first.step(step).unwrap();
        }
        let rest = Case {
            parameters: to_tensors(first.parameters()),
            buffers: to_tensors(first.buffers()),
            state: Some(first.state()),
            steps: after.to_vec(),
            ..case.clone()
        };
        let rest: Case = serde_json::from_str(&serde_json::to_string(&rest).unwrap()).unwrap();
        let mut second = start(&rest);
        prop_assert_eq!(&steps(&mut second, &rest)[..], &expected[taken..]);
        prop_assert_eq!(second.state(), whole.state());
    }

    /// A skipped step has observed; `t`, `M` and all parameters stay (S19), and the next step takes
    /// the `V` that it left.
    #[test]
    fn a_skipped_step_advances_the_average_alone(convolutions: bool, seed: u64) {
        let case = run(convolutions, 3, 1, seed);
        let mut skipped = case.clone();
        skipped.steps[1].skip = true;
        let (mut all, mut some) = (start(&case), start(&skipped));
        all.step(&case.steps[0]).unwrap();
        some.step(&skipped.steps[0]).unwrap();

        let before: State = some.state();
        let parameters = some.parameters().clone();
        let taken = all.step(&case.steps[1]).unwrap();
        let left_out = some.step(&skipped.steps[1]).unwrap();
        prop_assert_eq!(some.parameters(), &parameters);
        prop_assert_eq!(some.state().step, before.step);
        for (name, layer) in &left_out.layers {
            prop_assert_eq!(&layer.mean_square, &taken.layers[name].mean_square);
            prop_assert_eq!(&layer.ema, &taken.layers[name].ema);
            prop_assert_eq!(&layer.gradient, &taken.layers[name].gradient);
            let stages = (&layer.scale, &layer.momentum, &layer.update);
            prop_assert_eq!(stages, (&None, &None, &None));
            prop_assert_eq!(&some.state().layers[name].momentum, &before.layers[name].momentum);
            prop_assert_ne!(&some.state().layers[name].ema, &before.layers[name].ema);
        }
        let next = some.step(&skipped.steps[2]).unwrap();
        prop_assert_eq!(next.step, Some(2));
    }

    /// Evaluation changes nothing (S2).
    #[test]
    fn evaluation_leaves_no_trace(convolutions: bool, seed: u64) {
        let case = run(convolutions, 3, 2, seed);
        let mut between = case.clone();
        for step in &mut between.steps {
            let mut evaluation = step.forwards[0].clone();
            evaluation.mode = Mode::Eval;
            step.forwards.insert(0, evaluation.clone());
            step.forwards.insert(2, evaluation.clone());
            step.forwards.push(evaluation);
        }
        let (mut with, mut without) = (start(&between), start(&case));
        for (with, without) in steps(&mut with, &between).iter().zip(steps(&mut without, &case)) {
            prop_assert_eq!(&with.layers, &without.layers);
            prop_assert_eq!(&with.parameters, &without.parameters);
            prop_assert_eq!(&with.buffers, &without.buffers);
            prop_assert_eq!(&[with.losses[1], with.losses[3]][..], &without.losses[..]);
        }
    }

    /// Outside a step an evaluation gives what it gives within one, and changes nothing (S2).
    #[test]
    fn an_evaluation_between_steps_leaves_no_trace(convolutions: bool, seed: u64) {
        let case = run(convolutions, 2, 1, seed);
        let mut session = start(&case);
        session.step(&case.steps[0]).unwrap();
        let left = |session: &Session| {
            (session.state(), session.parameters().clone(), session.buffers().clone())
        };
        let before = left(&session);
        let mut evaluation = case.steps[1].clone();
        evaluation.skip = true;
        evaluation.forwards[0].mode = Mode::Eval;
        let input = to_array(&evaluation.forwards[0].input).into_shared();
        let output = to_tensor(&session.evaluate(input));
        prop_assert_eq!(left(&session), before);
        prop_assert_eq!(session.step(&evaluation).unwrap().outputs, Some(vec![output]));
    }

    /// A step that is not told in full is the same step.
    #[test]
    fn advancing_is_a_step_that_tells_its_losses(convolutions: bool, seed: u64) {
        let case = run(convolutions, 2, 2, seed);
        let (mut advanced, mut told) = (start(&case), start(&case));
        for step in &case.steps {
            let losses = advanced.advance(step).unwrap();
            prop_assert_eq!(losses, told.step(step).unwrap().losses);
        }
        prop_assert_eq!(advanced.state(), told.state());
        prop_assert_eq!(advanced.parameters(), told.parameters());
        prop_assert_eq!(advanced.buffers(), told.buffers());
    }

    /// `θ·(1 − η·λ)`, then `− η·U`, to the bit, with every parameter's own rates and, for a plain
    /// one, its raw gradient (S12, S13, S14).
    #[test]
    fn parameters_decay_then_step_at_their_own_rates(
        convolutions: bool,
        (lr, weight_decay) in (0.01..0.3, 0.01..0.3),
        step_lr in prop::option::of(0.01..0.3),
        seed: u64,
    ) {
        let mut case = run(convolutions, 2, 1, seed);
        let names: Vec<String> = case.parameters.keys().cloned().collect();
        let own = names.iter().filter(|name| !name.ends_with("weight")).cloned().collect();
        let head = vec!["head.weight".to_owned()];
        case.optimizer.groups = vec![
            Group { parameters: own, lr: None, weight_decay: Some(weight_decay) },
            Group { parameters: head, lr: Some(lr), weight_decay: None },
        ];
        case.steps[1].lr = step_lr;

        let mut session = start(&case);
        for step in &case.steps {
            let before = session.parameters().clone();
            let trace = session.step(step).unwrap();
            for (name, before) in before {
                let base = &case.optimizer;
                let eta = match (name.as_str(), step.lr) {
                    ("head.weight", None) => lr,
                    ("head.weight", Some(step_lr)) => step_lr * lr / base.lr,
                    (_, step_lr) => step_lr.unwrap_or(base.lr),
                };
                let lambda = if name.ends_with("weight") { base.weight_decay } else { weight_decay };
                let update = update_of(&trace, &name);
                let expected = before * (1.0 - eta * lambda) - eta * to_array(&update);
                prop_assert_eq!(&trace.parameters[&name], &to_tensor(&expected), "{}", name);
            }
        }
    }
}

/// `U` of a parameter, in its shape.
fn update_of(trace: &StepTrace, parameter: &str) -> fixtures::Tensor {
    if let Some(gradient) = trace.plain_gradients.get(parameter) {
        return gradient.clone();
    }
    let (layer, part) = parameter.rsplit_once('.').unwrap();
    let update = to_array(trace.layers[layer].update.as_ref().unwrap());
    let has_bias = trace.parameters.contains_key(&format!("{layer}.bias"));
    let inputs = update.shape()[1] - usize::from(has_bias);
    let (weight, bias) = update.view().split_at(ndarray::Axis(1), inputs);
    let part = if part == "weight" { weight } else { bias };
    fixtures::Tensor::new(trace.parameters[parameter].shape.clone(), part.iter().copied().collect())
}
