//! Records where libtorch lies in this crate's program and tests.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // From torch-sys, whichever way it found libtorch.
    let lib = env::var_os("DEP_TCH_LIBTORCH_LIB").expect("torch-sys names it");
    // An rpath, so that nobody has to set LD_LIBRARY_PATH.
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib.display());
}
