//! What people read, as it stands; digits of errors, times and paths are taken out.

use fixtures::{Case, Trace, corpus};
use std::process::{Command, Stdio};

fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(arguments)
        // A terminal's width would wrap the help.
        .stdin(Stdio::null())
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    let code = output.status.code().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    format!("{}{}exit {code}", text(output.stdout), text(output.stderr))
}

/// What a command prints, with what differs between machines taken out.
fn assert(name: &str, printed: &str) {
    let corpus = corpus::root();
    let filters = [
        (corpus.to_str().unwrap(), "[corpus]"),
        (r"/\S*/trace\.json", "[trace]"),
        (r"[\d.]+(e-?\d+)? of [\d.]+e-\d+ \(.*steps\[\d+\]\)", "[error] of [bound] ([where])"),
        (r"in \d+\.\d s", "in [time]"),
        (r"conformance \d+\.\d+\.\d+", "conformance [version]"),
    ];
    insta::with_settings!({ filters => filters, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, printed);
    });
}

fn official(name: &str, kind: &str) -> String {
    corpus::root().join(format!("official/{name}.{kind}.json")).to_str().unwrap().to_owned()
}

#[test]
fn help() {
    assert("help", &printed(&["--help"]));
    assert("help-run", &printed(&["run", "--help"]));
    assert("help-check", &printed(&["check", "--help"]));
    assert("help-explain", &printed(&["explain", "--help"]));
    assert("help-paper", &printed(&["paper", "--help"]));
}

/// A weight, and a bias where a step has several forwards.
#[test]
fn explanations() {
    let explain = |case, step, layer, index| {
        printed(&["explain", case, "--step", step, "--layer", layer, "--index", index])
    };
    assert("explain-weight", &explain("linear-no-bias", "2", "fc", "1,2"));
    assert("explain-bias", &explain("accumulate-unevenly", "1", "fc1", "1,5"));
}

#[test]
fn run() {
    assert("run", &printed(&["run", "--subject", "reference", "--only", "mlp-*"]));
    assert("run-nothing", &printed(&["run", "--only", "no-such-case"]));
}

#[test]
fn verdicts() {
    let case_path = official("tokens", "case");
    let golden_path = official("tokens", "official");
    assert("conforms", &printed(&["check", "--case", &case_path, "--trace", &golden_path]));
    assert("missing", &printed(&["check", "--case", "no.json", "--trace", &golden_path]));

    let case = Case::read(&case_path).unwrap();
    let mut trace = Trace::read(&golden_path, &case).unwrap();
    trace.steps[2].outputs = None;
    trace.steps[3].parameters.values_mut().next().unwrap().data[1] = 0.5;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.json");
    trace.write(&path).unwrap();
    let path = path.to_str().unwrap();
    let arguments = ["check", "--case", &case_path, "--trace", path, "--expected", &golden_path];
    assert("diverges", &printed(&arguments));
    assert("diverges-json", &printed(&[&arguments[..], &["--format", "json"]].concat()));
}
