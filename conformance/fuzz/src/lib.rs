//! What the fuzz targets share: inputs, and how they are changed.
//!
//! An input is one line of JSON, a case, or two, a case and a trace. [`mutate`] changes it as a case
//! ([`typed`]), so that it stays valid and what computes is reached; as JSON ([`tree`]), so that what
//! refuses is; or as bytes ([`bytes`]), so that no text is too strange.

mod bytes;
mod tree;
mod typed;

use fixtures::{Case, Trace};
use libfuzzer_sys::fuzzer_mutate;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The generator of random choices; its seed is libFuzzer's.
type Random = ChaCha8Rng;

/// Changes an input in place and returns its new length.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let random = &mut Random::seed_from_u64(u64::from(seed));
    let lines: Vec<Vec<u8>> = data[..size].split(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
    let which = random.random_range(0..lines.len());
    let changed = match random.random_range(0..10) {
        0..3 => typed::mutate(&lines[which], random),
        3..8 => tree::mutate(&lines[which], random),
        _ => Some(bytes::mutate(&lines[which], random)),
    };
    let Some(changed) = changed else {
        return fuzzer_mutate(data, size, max_size);
    };
    let mut lines = lines;
    lines[which] = changed;
    let text = lines.join(&b'\n');
    if text.len() > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..text.len()].copy_from_slice(&text);
    text.len()
}

/// The two files of an input.
pub fn case_and_trace(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = data.iter().position(|&b| b == b'\n')?;
    Some((&data[..end], &data[end + 1..]))
}

/// What was read can be written, and is read again as the same.
pub fn assert_case_survives(case: &Case) {
    let text = serde_json::to_vec(case).expect("a case can be written");
    let again = Case::from_json(&text).expect("what was written is read");
    // Compared as text: NaN equals itself there.
    assert_eq!(serde_json::to_vec(&again).unwrap(), text);
}

/// As [`assert_case_survives`], of a trace.
pub fn assert_trace_survives(trace: &Trace, case: &Case) {
    let text = serde_json::to_vec(trace).expect("a trace can be written");
    let again = Trace::from_json(&text, case).expect("what was written is read");
    assert_eq!(serde_json::to_vec(&again).unwrap(), text);
}
