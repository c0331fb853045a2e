//! `conformance paper` as a program: what it prints, and its exit code.

#[path = "../paper/tests/claims/synthetic.rs"]
mod synthetic;

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use synthetic::{RESNET20, all_optimizers, directory, experiment, of_everything};

/// What is printed, and the exit code.
fn paper(arguments: &[&str]) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .arg("paper")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (text(output.stdout) + &text(output.stderr), code)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_refuted_claim_ends_with_1_whatever_the_format() {
    let folder = directory(&of_everything());
    let runs = text(folder.path());
    let (printed, code) = paper(&["--runs", runs]);
    assert_eq!(code, 1);
    assert!(printed.contains("refuted: accuracy-above-adamw: "), "{printed}");
    let (json, code) = paper(&["--runs", runs, "--format", "json"]);
    assert_eq!((code, json.lines().count()), (1, 1));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["verdict"], "refuted");

    let folder = directory(&all_optimizers(experiment(RESNET20)));
    let (printed, code) = paper(&["--runs", text(folder.path())]);
    assert_eq!(code, 0, "{printed}");
}

#[test]
fn plans_are_scripts_or_json() {
    let (plan, code) = paper(&["--plan", "--epochs", "3", "--device", "cpu"]);
    assert_eq!(code, 0);
    assert!(plan.starts_with("# still to run on cpu for a rehearsal of 3 epochs"), "{plan}");
    let folder = directory(&of_everything());
    let (less, code) = paper(&["--runs", text(folder.path()), "--plan"]);
    assert!(code == 0 && less.starts_with("# still to run on cuda for every claim"), "{less}");
    let (plan, code) = paper(&["--plan", "--format", "json"]);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!((code, plan["trainings"].as_array().unwrap().len()), (0, 48));
}

#[test]
fn input_that_cannot_be_used_ends_with_2_and_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let empty = text(folder.path());
    let (printed, code) = paper(&["--runs", empty]);
    assert_eq!(code, 2);
    assert!(printed.starts_with(&format!("error: {empty}: no run found; ")), "{printed}");
    assert!(printed.contains("`conformance paper --plan` prints the commands"), "{printed}");
    assert_eq!(paper(&["--runs", empty, "--plan"]).1, 0);
    assert_eq!(paper(&["--plan"]).1, 0);

    let missing = folder.path().join("missing");
    for plan in [&[][..], &["--plan"]] {
        let (printed, code) = paper(&[&["--runs", text(&missing)], plan].concat());
        assert_eq!(code, 2);
        assert!(printed.contains("missing: not a directory"), "{printed}");
    }
    let (printed, code) = paper(&["--runs", empty, "--format", "json"]);
    assert!(code == 2 && printed.starts_with(r#"{"error":""#), "{printed}");

    let claims = folder.path().join("mine.toml");
    let committed = include_str!("../paper/claims.toml");
    std::fs::write(&claims, committed.replacen("margin = 0.5", "margin = -0.5", 1)).unwrap();
    let (printed, code) = paper(&["--plan", "--claims", text(&claims)]);
    assert_eq!(code, 2);
    assert!(printed.contains(r#"mine.toml: claim[2] "accuracy-of-sgd": margin: "#), "{printed}");
}
