//! The official cases.

use fixtures::Case;
use std::path::{Path, PathBuf};

/// An official case by name.
pub fn case(name: &str) -> Case {
    Case::read(corpus().join(format!("{name}.case.json"))).unwrap()
}

/// The folder of the official cases.
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/corpus/official")
}
