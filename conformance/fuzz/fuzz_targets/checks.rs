//! A whole `check`: the reference's own trace conforms, and any trace gets a verdict.
#![no_main]

use conformance::mistakes::Catalogue;
use conformance::report::Finding;
use conformance::{judge_own_state, judge_trajectory, sample};
use conformance_fuzz::case_and_trace;
use fixtures::{Case, Mode, Trace, model};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// Products in all forwards of a case, of those that are tried: a sample takes some milliseconds.
const MAX_PRODUCTS: usize = 3000;

fuzz_target!(|data: &[u8]| {
    let Some((case, trace)) = case_and_trace(data) else { return };
    let Ok(case) = Case::from_json(case) else { return };
    if !is_small(&case) {
        return;
    }
    let Ok(expected) = reference::trace(&case) else { return };
    let bounds = sample(&case);
    let own = judge_own_state(&case, &expected, &bounds).expect("the reference took the case");
    assert!(own.conforms(), "the reference's own trace: {}", own.divergence.unwrap());

    let Ok(trace) = Trace::from_json(trace, &case) else { return };
    let judgement = judge_own_state(&case, &trace, &bounds).expect("the reference took the case");
    let whole = judge_trajectory(&case, &expected, &trace, &bounds);
    for judgement in [judgement, whole] {
        let diagnosis =
            (!judgement.conforms()).then(|| Catalogue::of(&case).diagnose(&trace, &bounds));
        let finding = Finding::judged(&case, "fuzz", None, &judgement, diagnosis.as_ref());
        serde_json::to_string(&finding).expect("a finding can be written");
    }
});

fn is_small(case: &Case) -> bool {
    let forwards = case.steps.iter().flat_map(|step| &step.forwards);
    let products = forwards.map(|forward| {
        let products = model::multiply_adds(&case.model, &forward.input.shape, forward.mode);
        let passes = if forward.mode == Mode::Train { 3 } else { 1 };
        let values: usize = forward.input.shape.iter().product();
        products.expect("a valid case").saturating_mul(passes).saturating_add(values)
    });
    products.fold(0, usize::saturating_add) <= MAX_PRODUCTS
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    conformance_fuzz::mutate(data, size, max_size, seed)
});
