//! The program as a porter meets it: exit codes, and first lines that say what to do.

use fixtures::{Case, Trace, corpus};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn conformance(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_conformance")).args(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("ended by itself")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn official(name: &str) -> (String, String) {
    let path = |kind: &str| corpus::root().join(format!("official/{name}.{kind}.json"));
    (text(&path("case")), text(&path("official")))
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A folder with one golden trace changed by `change`.
fn changed(name: &str, change: impl Fn(&mut Trace)) -> (TempDir, String, PathBuf) {
    let (case_path, golden_path) = official(name);
    let case = Case::read(Path::new(&case_path)).unwrap();
    let mut trace = Trace::read(Path::new(&golden_path), &case).unwrap();
    change(&mut trace);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.json");
    trace.write(&path).unwrap();
    (folder, case_path, path)
}

#[test]
fn trace_then_check_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let out = text(&folder.path().join("out.json"));
    let (case, golden) = official("mlp-bias");
    let traced = conformance(&["trace", "--case", &case, "--out", &out]);
    assert_eq!((code(&traced), stderr(&traced)), (0, String::new()));
    for arguments in [vec![], vec!["--expected", &golden]] {
        let checked =
            conformance(&[vec!["check", "--case", &case, "--trace", &out], arguments].concat());
        assert_eq!(code(&checked), 0, "{}", stderr(&checked));
        assert!(stdout(&checked).starts_with("conforms: case mlp-bias, 8 steps, float64\n"));
    }
}

#[test]
fn a_wrong_trace_diverges_in_the_first_line() {
    let (_folder, case, trace) = changed("mlp-bias", |trace| {
        trace.steps[3].layers.get_mut("fc1").unwrap().scale.as_mut().unwrap()[2] *= 1.5;
    });
    let checked = conformance(&["check", "--case", &case, "--trace", &text(&trace)]);
    assert_eq!(code(&checked), 1);
    let first = stdout(&checked).lines().next().unwrap().to_owned();
    let expected =
        "diverges: case mlp-bias, steps[3], layer fc1, stage scale, index [2]: expected ";
    assert!(first.starts_with(expected), "{first}");
    assert!(first.contains("(from the trace's own ema), got "), "{first}");
    assert!(first.contains(" ulp, bound ") && first.ends_with("clauses S7, S8"), "{first}");

    let arguments = ["check", "--case", &case, "--trace", &text(&trace), "--format", "json"];
    let checked = conformance(&arguments);
    assert_eq!(code(&checked), 1);
    let verdict: serde_json::Value = serde_json::from_str(&stdout(&checked)).unwrap();
    assert_eq!(verdict["verdict"], "diverges");
    let first = &verdict["divergence"];
    assert_eq!((&first["stage"], &first["name"]), (&"scale".into(), &"fc1".into()));
    assert_eq!((&first["step"], &first["index"]), (&3.into(), &serde_json::json!([2])));
}

#[test]
fn unusable_input_names_file_and_field_and_ends_with_2() {
    let (case, _) = official("mlp-bias");
    let (_, other) = official("tokens");
    let (_folder, _, renamed) = changed("mlp-bias", |trace| {
        let weight = trace.steps[1].parameters.remove("fc1.weight").unwrap();
        trace.steps[1].parameters.insert("fc1.wait".to_owned(), weight);
    });
    let renamed = text(&renamed);
    let folder = tempfile::tempdir().unwrap();
    let unfinished = text(&folder.path().join("unfinished.json"));
    std::fs::write(&unfinished, &std::fs::read(&case).unwrap()[..1000]).unwrap();
    let missing = text(&folder.path().join("missing.json"));

    for (arguments, words) in [
        (vec!["check", "--case", &case, "--trace", &other], vec![&other[..], "tokens"]),
        (
            vec!["check", "--case", &case, "--trace", &renamed],
            vec![&renamed, "fc1.weight", "missing"],
        ),
        (vec!["check", "--case", &unfinished, "--trace", &other], vec![&unfinished]),
        (vec!["check", "--case", &missing, "--trace", &other], vec![&missing]),
        (vec!["trace", "--case", &missing, "--out", "/dev/null"], vec![&missing]),
        (vec!["trace", "--case", &case, "--out", "/nowhere/t.json"], vec!["/nowhere/t.json"]),
        (
            vec!["trace", "--case", &case, "--dtype", "float32", "--out", "/dev/null"],
            vec!["float64"],
        ),
        (vec!["run", "--only", "no-such-*"], vec!["no-such-*"]),
    ] {
        let output = conformance(&arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        let message = stderr(&output);
        assert!(message.starts_with("error: "), "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{arguments:?}: {message}");
    }
}

#[test]
fn run_judges_a_command() {
    let own = env!("CARGO_BIN_EXE_conformance");
    // A port is a program that takes two paths: here a script around `trace`.
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("port.sh");
    let script = format!("exec {own} trace --case \"$1\" --out \"$2\"\n");
    std::fs::write(&port, script).unwrap();
    let command = format!("sh {}", port.display());
    let run = conformance(&["run", "--subject", &command, "--only", "skipped-step"]);
    assert_eq!(code(&run), 0, "{}{}", stdout(&run), stderr(&run));
    assert_eq!(stdout(&run).matches("ok ").count(), 2, "{}", stdout(&run));

    let run = conformance(&["run", "--subject", "echo no >&2; false", "--only", "skipped-step"]);
    assert_eq!(code(&run), 1);
    assert!(stdout(&run).contains("FAILS"), "{}", stdout(&run));
    assert!(stdout(&run).contains("no"), "{}", stdout(&run));
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let own = env!("CARGO_BIN_EXE_conformance");
    let script = format!("{own} run --subject reference --only 'mlp-*' | true");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(stderr(&output), "");
}
