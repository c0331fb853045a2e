//! The program as a porter meets it: exit codes, and first lines that say what to do.

use conformance::slow;
use fixtures::{Case, Optimizer, Trace, corpus};
use mistakes::named;
use std::collections::BTreeMap;
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
    assert!(first.contains(" ulp, bound ") && first.ends_with("; see S7, S8"), "{first}");

    let arguments = ["check", "--case", &case, "--trace", &text(&trace), "--format", "json"];
    let checked = conformance(&arguments);
    assert_eq!(code(&checked), 1);
    let verdict: serde_json::Value = serde_json::from_str(&stdout(&checked)).unwrap();
    assert_eq!(verdict["verdict"], "diverges");
    let first = &verdict["divergence"];
    assert_eq!((&first["stage"], &first["name"]), (&"scale".into(), &"fc1".into()));
    assert_eq!((&first["step"], &first["index"]), (&3.into(), &serde_json::json!([2])));
}

/// A wrong trace, judged: the lines after the verdict, and `looks_like`.
fn looks(name: &str, change: impl FnOnce(&Case) -> Trace) -> (String, serde_json::Value) {
    let (case_path, _) = official(name);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.json");
    change(&Case::read(Path::new(&case_path)).unwrap()).write(&path).unwrap();
    let arguments = ["check", "--case", &case_path, "--trace", &text(&path)];
    let people = conformance(&arguments);
    let programs = conformance(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!((code(&people), code(&programs)), (1, 1));
    let verdict: serde_json::Value = serde_json::from_str(&stdout(&programs)).unwrap();
    let people = stdout(&people);
    let corpus = people.find("\ncorpus ").unwrap_or_else(|| panic!("{people}"));
    let (_, looks) = people[corpus + 1..].split_once('\n').unwrap();
    (looks.to_owned(), verdict["looks_like"].clone())
}

#[test]
fn a_mistake_of_the_catalogue_is_named() {
    let (people, programs) =
        looks("mlp-bias", |case| slow::trace::<f64>(case, named("no-root").unwrap()));
    assert_eq!(people, "matches a known mistake: no root (no-root, S8)\n");
    let expected = serde_json::json!({
        "explains": "whole",
        "mutants": [{ "name": "no-root", "clause": "S8", "what": "no root" }],
        "digits": null,
    });
    assert_eq!(programs, expected);
}

/// Two mistakes at once: the one that shows first is named.
#[test]
fn of_two_mistakes_the_first_is_named() {
    let (people, programs) = looks("mlp-bias", |case| {
        let other = Optimizer { eps: 0.5, ..case.optimizer.clone() };
        let other = Case { optimizer: other, ..case.clone() };
        slow::trace::<f64>(&other, named("mean-absolute").unwrap())
    });
    let expected = "\
        matches a known mistake up to the first divergence: absolute values instead of squares \
        (mean-absolute, S3)\n  what follows has another cause as well\nsee its arithmetic: ";
    assert!(people.starts_with(expected), "{people}");
    assert_eq!(programs["explains"], "first");
}

#[test]
fn what_is_in_no_catalogue_is_called_so() {
    let (people, programs) = looks("mlp-bias", |case| {
        let mut trace = reference::trace(case).unwrap();
        trace.steps[1].layers.get_mut("fc1").unwrap().scale.as_mut().unwrap()[2] *= 1.5;
        trace
    });
    let expected = "\
        matches no known mistake (the catalogue covers only the optimizer and its statistics)\n\
        see its arithmetic: ";
    assert!(people.starts_with(expected), "{people}");
    let expected = serde_json::json!({ "explains": "nothing", "mutants": [], "digits": null });
    assert_eq!(programs, expected);
}

/// As C prints with `%g`.
#[test]
fn too_few_digits_are_noticed() {
    let (people, programs) = looks("mlp-bias", |case| {
        let mut trace = reference::trace(case).unwrap();
        let round = |x: &mut f64| *x = format!("{x:.5e}").parse().unwrap();
        for step in &mut trace.steps {
            (step.outputs, step.layers) = (None, BTreeMap::new());
            step.losses.iter_mut().for_each(round);
            step.parameters.values_mut().flat_map(|p| &mut p.data).for_each(round);
        }
        trace
    });
    assert!(people.starts_with("seems to be printed with 6 digits, too few"), "{people}");
    let expected = serde_json::json!({ "explains": "nothing", "mutants": [], "digits": 6 });
    assert_eq!(programs, expected);
}

/// The last line of a verdict, given to a shell: what the trace has stands where the verdict says.
#[test]
fn the_command_that_is_printed_shows_the_arithmetic() {
    // A weight of a linear layer and of a convolution, a bias, a scale.
    let check = |name: &str, change: &dyn Fn(&mut Trace)| {
        let (_folder, _, trace) = changed(name, change);
        let checked = conformance(&["check", "--case", name, "--trace", &text(&trace)]);
        let verdict = stdout(&checked);
        let told = verdict.lines().last().unwrap().strip_prefix("see its arithmetic: ").unwrap();
        let told = Command::new("sh").args(["-c", told]).output().unwrap();
        assert_eq!(code(&told), 0, "{}", stderr(&told));
        let got = verdict.split(", got ").nth(1).unwrap().split(';').next().unwrap();
        assert!(
            stdout(&told).contains(&format!("\n   trace {got}\n")),
            "{verdict}{}",
            stdout(&told)
        );
    };
    let parameter = |name: &'static str, at: usize| {
        move |trace: &mut Trace| trace.steps[1].parameters.get_mut(name).unwrap().data[at] += 0.5
    };
    check("mlp-bias", &parameter("fc2.weight", 8));
    check("mlp-bias", &parameter("fc1.bias", 2));
    check("conv-asymmetric", &parameter("conv1.weight", 17));
    check("mlp-bias", &|trace| {
        trace.steps[3].layers.get_mut("fc1").unwrap().scale.as_mut().unwrap()[2] *= 1.5;
    });
}

/// A port that exchanges the betas: here a script that exchanges them in the case.
#[test]
fn run_names_what_explains_all_cases() {
    let own = env!("CARGO_BIN_EXE_conformance");
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("port.sh");
    let exchange = r#"s/"betas": *\[([^],]*),([^],]*)\]/"betas":[\2,\1]/"#;
    let script = format!(
        "set -e; tr -d '\n' <\"$1\" | sed -E '{exchange}' >\"$2.case\"\n\
         exec {own} trace --case \"$2.case\" --out \"$2\"\n"
    );
    std::fs::write(&port, script).unwrap();
    let command = format!("sh {}", port.display());
    let run = conformance(&["run", "--subject", &command, "--only", "mlp-*"]);
    assert_eq!(code(&run), 1, "{}", stderr(&run));
    let expected = format!(
        "{command}: 2 of 2 diverging cases match a known mistake:\n  \
         β1 and β2 exchanged (betas-exchanged, S6)\n"
    );
    assert!(stdout(&run).contains(&expected), "{}", stdout(&run));
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
        (explain("no-such", "0", "fc1", "0,0"), vec!["no-such"]),
        (explain("mlp-bias", "8", "fc1", "0,0"), vec!["step 8", "8 steps"]),
        (explain("mlp-bias", "0", "fc9", "0,0"), vec!["fc9", "fc1, "]),
        (explain("mlp-bias", "0", "fc1", "0,99"), vec!["99", "fc1"]),
        (explain("mlp-bias", "0", "fc1", "99"), vec!["99", "fc1"]),
    ] {
        let output = conformance(&arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        let message = stderr(&output);
        assert!(message.starts_with("error: "), "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{arguments:?}: {message}");
    }
}

fn explain<'a>(case: &'a str, step: &'a str, layer: &'a str, index: &'a str) -> Vec<&'a str> {
    vec!["explain", case, "--step", step, "--layer", layer, "--index", index]
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
