//! With feature `tch`: makes this crate's programs find libtorch, and look for names there first.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // From torch-sys, which is a dependency with feature `tch` only.
    let Some(lib) = env::var_os("DEP_TCH_LIBTORCH_LIB") else {
        return;
    };
    let lib = lib.display();
    // An rpath, so that nobody has to set LD_LIBRARY_PATH.
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    // libtorch and OpenBLAS both export `dgemm_` and the like, and whichever is linked first
    // serves both. The library of this package stands before all that it depends on, and so does
    // what it links: libtorch, which then uses its own. `reference` calls `cblas_dgemm`, which
    // only OpenBLAS has. tests/independence.rs shows both.
    println!("cargo::rustc-link-search=native={lib}");
    println!("cargo::rustc-link-lib=dylib=torch_cpu");
}
