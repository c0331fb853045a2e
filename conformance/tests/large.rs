//! Cases that are too large to sample bounds for, which are estimated instead.
//!
//! `cargo test -p conformance large:: -- --nocapture` prints how estimates stand to samples.

#![cfg(feature = "tch")]

use conformance::{
    Bounds, Judgement, Origin, ReplayMode, Stage, bounds_for, estimate, generate, is_large,
    judge_own_state,
};
use fixtures::{Case, Dtype, Trace, corpus};
use std::collections::BTreeMap;

fn by_tch(case: &Case, dtype: Dtype) -> Trace {
    let options = gpu::Options { dtype, ..gpu::Options::default() };
    gpu::trace(case, options).unwrap()
}

fn judge(case: &Case, trace: &Trace, bounds: &Bounds) -> Judgement {
    judge_own_state(case, trace, bounds).unwrap()
}

/// Over the corpus, where both can be had: by and large they are the same, and libtorch conforms.
#[test]
fn estimated_bounds_are_like_sampled_ones() {
    let mut ratios = BTreeMap::<_, Vec<f64>>::new();
    for entry in corpus::entries(&corpus::root()).unwrap() {
        let case = Case::read(&entry.case_path).unwrap();
        assert!(!is_large(&case), "{}: its bounds could be sampled", entry.name);
        let sampled = bounds_for(&case, Some(&entry.case_path)).unwrap();
        let estimated = estimate(&case).unwrap();
        for mode in [ReplayMode::Forced, ReplayMode::Free] {
            let of = |bounds: &Bounds| bounds.sampled[&Dtype::Float64][&mode].clone();
            let estimated = of(&estimated);
            for (stage, names) in of(&sampled).iter() {
                for (name, bound) in names.iter() {
                    ratios.entry((mode, *stage)).or_default().push(estimated[stage][name] / bound);
                }
            }
        }
        let judgement = judge(&case, &by_tch(&case, Dtype::Float64), &estimated);
        assert!(judgement.conforms(), "{}: {}", entry.name, judgement.divergence.unwrap());
    }
    for ((mode, stage), ratios) in &mut ratios {
        ratios.sort_by(f64::total_cmp);
        let [low, median, high] =
            [0.1, 0.5, 0.9].map(|q| ratios[(ratios.len() as f64 * q) as usize]);
        println!("{:6} {stage:15} {low:.2} {median:.2} {high:.2}", mode.name());
        // The scale and what follows are judged by their own stages, to a few roundings.
        let is_alike =
            *stage < Stage::Ema || matches!(stage, Stage::Gradient | Stage::PlainGradients);
        assert!(
            !is_alike || (0.33..=3.0).contains(&median),
            "{stage}: {median} of the sampled bound"
        );
    }
}

/// The paper's networks: two implementations agree in every stage of every step.
#[test]
fn libtorch_conforms_on_the_papers_networks_and_one_wrong_number_is_found() {
    for case in generate::networks() {
        let bounds = bounds_for(&case, None).unwrap();
        assert_eq!(bounds.origin, Origin::Estimated);
        let mut trace = by_tch(&case, Dtype::Float64);
        let judgement = judge(&case, &trace, &bounds);
        assert!(judgement.conforms(), "{}: {}", case.name, judgement.divergence.unwrap());
        assert!(judgement.reported.is_empty() && judgement.not_judged.is_empty());
        println!("{}: {:?}", case.name, judgement.largest());

        // The gradient of one weight, off by as little as a part in a billion of the largest.
        let layers = &mut trace.steps[1].layers;
        let (name, stages) = layers.iter_mut().next_back().unwrap();
        let gradient = &mut stages.gradient.as_mut().unwrap().data;
        let largest = gradient.iter().fold(0.0_f64, |largest, g| largest.max(g.abs()));
        gradient[3] += 1e-9 * largest;
        let name = name.clone();
        let first = judge(&case, &trace, &bounds).divergence.unwrap().deviation;
        assert_eq!(
            (first.step, first.address.stage, first.address.name),
            (1, Stage::Gradient, name)
        );
    }
}

/// In float32 a deep network's forwards and backwards have no bound: they are told, and the
/// optimizer's own stages are judged to the last places.
#[test]
fn in_float32_the_optimizer_is_judged_and_the_network_reported() {
    for case in generate::networks() {
        let bounds = bounds_for(&case, None).unwrap();
        let mut trace = by_tch(&case, Dtype::Float32);
        let judgement = judge(&case, &trace, &bounds);
        assert!(judgement.conforms(), "{}: {}", case.name, judgement.divergence.unwrap());
        for stage in [Stage::MeanSquare, Stage::Outputs, Stage::Losses, Stage::Gradient] {
            let error = judgement.reported[&stage].error;
            assert!(error > 0.0 && error < 0.1, "{stage}: {error}");
        }
        let by_own_stages = judgement.stage_by_stage();

        // Without a bound, what is no number still diverges.
        let mut broken = trace.clone();
        broken.steps[1].outputs.as_mut().unwrap()[0].data[4] = f64::NAN;
        let first = judge(&case, &broken, &bounds).divergence.unwrap().deviation;
        assert_eq!((first.step, first.address.stage), (1, Stage::Outputs));

        let scale = trace.steps[0].layers.values_mut().next().unwrap().scale.as_mut().unwrap();
        scale[0] *= 1.00001;
        let diverges = judge(&case, &trace, &bounds);
        assert_eq!(diverges.divergence.unwrap().deviation.address.stage, Stage::Scale);
        let derived = [Stage::Ema, Stage::Scale, Stage::Momentum, Stage::Update, Stage::Parameters];
        assert!(derived.iter().all(|stage| by_own_stages.contains(stage)), "{by_own_stages:?}");
    }
}
