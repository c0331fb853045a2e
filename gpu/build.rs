//! Compiles the C++ part against libtorch's headers and records where
//! libtorch lies in this crate's tests and examples.

use std::env;
use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // From torch-sys, whichever way it found libtorch.
    let lib = PathBuf::from(env::var_os("DEP_TCH_LIBTORCH_LIB").expect("torch-sys names it"));
    compile_backend(&lib);
    // An rpath, so that nobody has to set LD_LIBRARY_PATH.
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib.display());
}

/// Include directories and flags as in torch-sys's own build script.
fn compile_backend(lib: &std::path::Path) {
    const SOURCES: [&str; 2] = ["src/backend.cpp", "src/foreach.cpp"];
    for file in SOURCES.iter().chain(&["src/caught.h"]) {
        println!("cargo::rerun-if-changed={file}");
    }
    println!("cargo::rerun-if-env-changed=LIBTORCH_INCLUDE");
    println!("cargo::rerun-if-env-changed=LIBTORCH_CXX11_ABI");
    let root = env::var_os("LIBTORCH_INCLUDE").map_or_else(|| lib.join(".."), PathBuf::from);
    let abi = env::var("LIBTORCH_CXX11_ABI").unwrap_or_else(|_| "1".to_owned());
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .include(root.join("include"))
        .include(root.join("include/torch/csrc/api/include"))
        .define("_GLIBCXX_USE_CXX11_ABI", abi.as_str())
        .warnings(false) // libtorch's headers are full of them
        .files(SOURCES)
        .compile("gpu_backend");
}
