//! Reading a trace of a case: refused with a reason, or it fits and survives being written.
#![no_main]

use conformance_fuzz::{assert_trace_survives, case_and_trace};
use fixtures::{Case, Trace};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| {
    let Some((case, trace)) = case_and_trace(data) else { return };
    let Ok(case) = Case::from_json(case) else { return };
    match Trace::from_json(trace, &case) {
        Ok(trace) => assert_trace_survives(&trace, &case),
        Err(problem) => assert!(!problem.to_string().contains(char::is_control)),
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    conformance_fuzz::mutate(data, size, max_size, seed)
});
