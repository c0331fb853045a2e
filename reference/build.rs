//! With feature `blas`: links OpenBLAS and holds it to one thread.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "blas")]
    blas::link();
}

#[cfg(feature = "blas")]
mod blas {
    use std::process::Command;

    pub fn link() {
        if !openblas_is_installed() {
            // Said here, because the linker would say it late and at length.
            println!(
                "cargo::error=OpenBLAS is missing: run ./setup.sh once at the root of this repository"
            );
            return;
        }
        println!("cargo::rerun-if-changed=build/one_thread.c");
        cc::Build::new()
            .file("build/one_thread.c")
            .cargo_metadata(false) // linked below instead
            .compile("one_thread");
        let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
        println!("cargo::rustc-link-search=native={out}");
        // Nothing calls a constructor by name: only the whole archive keeps it.
        println!("cargo::rustc-link-lib=static:+whole-archive=one_thread");
        println!("cargo::rustc-link-lib=dylib=openblas");
    }

    /// Asks as the linker will look: the compiler knows its directories and those of
    /// LIBRARY_PATH, and pkg-config may name others.
    fn openblas_is_installed() -> bool {
        for variable in ["LIBRARY_PATH", "PKG_CONFIG_PATH"] {
            println!("cargo::rerun-if-env-changed={variable}");
        }
        let found = cc::Build::new()
            .get_compiler()
            .to_command()
            .arg("-print-file-name=libopenblas.so")
            .output()
            .is_ok_and(|output| output.stdout.starts_with(b"/"));
        found || pkg_config_knows_openblas()
    }

    fn pkg_config_knows_openblas() -> bool {
        let asked = Command::new("pkg-config").args(["--libs-only-L", "openblas"]).output();
        let Ok(answer) = asked else { return false };
        for folder in String::from_utf8_lossy(&answer.stdout).split_whitespace() {
            println!("cargo::rustc-link-search=native={}", folder.trim_start_matches("-L"));
        }
        answer.status.success()
    }
}
