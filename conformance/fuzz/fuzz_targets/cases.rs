//! Reading a case: refused with a reason, or valid and survives being written.
#![no_main]

use conformance_fuzz::assert_case_survives;
use fixtures::Case;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| {
    match Case::from_json(data) {
        Ok(case) => assert_case_survives(&case),
        Err(problem) => {
            let told = problem.to_string();
            assert!(!told.is_empty() && told.len() < 4000 && !told.contains(char::is_control));
        }
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    conformance_fuzz::mutate(data, size, max_size, seed)
});
