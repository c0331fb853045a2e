//! The judge notices: every stage of a golden trace, made wrong by a little, is named.

use conformance::{Judgement, Stage, bounds_of_corpus, judge_trajectory};
use fixtures::{Case, Dtype, StepTrace, Trace, corpus};

fn pair(name: &str) -> (Case, Trace) {
    let entries = corpus::entries(&corpus::root()).unwrap();
    let entry = entries.iter().find(|entry| entry.name == name).unwrap();
    let case = Case::read(&entry.case_path).unwrap();
    let golden = Trace::read(&entry.golden_path, &case).unwrap();
    (case, golden)
}

/// The judgement of a golden trace with one step changed.
fn judge(name: &str, step: usize, change: impl Fn(&mut StepTrace)) -> Judgement {
    let (case, golden) = pair(name);
    let mut wrong = golden.clone();
    change(&mut wrong.steps[step]);
    assert_ne!(wrong, golden, "the change changes nothing");
    judge_trajectory(&case, &golden, &wrong, &bounds_of_corpus(&case).unwrap())
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
