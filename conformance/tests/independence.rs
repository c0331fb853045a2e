//! The two engines multiply matrices each with its own library.
//!
//! libtorch and OpenBLAS export the same Fortran names, and in one process the dynamic linker
//! gives everybody the first it finds. Here it tells what it gave to whom: `LD_DEBUG=bindings`
//! makes it write a line per symbol, `LD_BIND_NOW` makes it look up all of them at the start.

#![cfg(feature = "tch")]

use std::path::Path;
use std::process::Command;

const PROGRAM: &str = "conformance";
const LIBTORCH: &str = "libtorch_cpu.so";
const OPENBLAS: &str = "libopenblas";

/// `user` looked up `symbol` and found it in `provider`; both are file names.
#[derive(Debug)]
struct Binding {
    user: String,
    provider: String,
    symbol: String,
}

impl Binding {
    /// Reads ``pid: binding file USER [0] to PROVIDER [0]: normal symbol `SYMBOL'``.
    fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once("binding file ")?;
        let (user, rest) = rest.split_once(" [0] to ")?;
        let (provider, rest) = rest.split_once(" [0]: normal symbol `")?;
        let (symbol, _) = rest.split_once('\'')?;
        let name = |path| Some(Path::new(path).file_name()?.to_str()?.to_owned());
        Some(Self { user: name(user)?, provider: name(provider)?, symbol: symbol.to_owned() })
    }

    /// Whether the symbol is spelled like `dpotrf_`.
    fn is_fortran(&self) -> bool {
        self.symbol.strip_suffix('_').is_some_and(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
    }
}

/// What this package's program and its libraries are bound to.
fn bindings() -> Vec<Binding> {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .arg("--version")
        .envs([("LD_BIND_NOW", "1"), ("LD_DEBUG", "bindings")])
        .env_remove("LD_DEBUG_OUTPUT")
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "--version failed: {}", output.status);
    String::from_utf8_lossy(&output.stderr).lines().filter_map(Binding::parse).collect()
}

/// Asserts that `wanted` selects something, and that all of it comes from `provider`.
#[track_caller]
fn assert_from(provider: &str, bindings: &[Binding], wanted: impl Fn(&Binding) -> bool) {
    let found: Vec<_> = bindings.iter().filter(|binding| wanted(binding)).collect();
    assert!(!found.is_empty(), "no such lookup among {}", bindings.len());
    let astray: Vec<_> = found.iter().filter(|b| !b.provider.starts_with(provider)).collect();
    assert!(astray.is_empty(), "expected from {provider}: {astray:#?}");
}

#[test]
fn each_engine_multiplies_with_its_own_library() {
    let bindings = bindings();
    for symbol in ["dgemm_", "sgemm_"] {
        assert_from(LIBTORCH, &bindings, |b| b.user == LIBTORCH && b.symbol == symbol);
    }
    // ndarray's products, compiled into the program.
    assert_from(OPENBLAS, &bindings, |b| b.user == PROGRAM && b.symbol.starts_with("cblas_"));
    // LAPACK, which ndarray-linalg calls by its Fortran names, would come from libtorch: nothing
    // that is compared here may call it.
    let fortran: Vec<_> = bindings.iter().filter(|b| b.user == PROGRAM && b.is_fortran()).collect();
    assert!(fortran.is_empty(), "{fortran:#?}");
}

/// The constructor of `reference/build/one_thread.c` is part of the program.
#[test]
fn openblas_is_held_to_one_thread() {
    let symbol = "openblas_set_num_threads";
    assert_from(OPENBLAS, &bindings(), |b| b.user == PROGRAM && b.symbol == symbol);
}
