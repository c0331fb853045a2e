//! What people read, as it stands; digits of errors, times and paths are taken out.

use conformance::slow;
use fixtures::{Case, Trace, corpus};
use mistakes::named;
use std::process::{Command, Stdio};

fn printed(arguments: &[&str]) -> String {
    print(Command::new(env!("CARGO_BIN_EXE_conformance")).args(arguments))
}

/// The same in colour, with the escape that begins a change of it shown.
fn coloured(arguments: &[&str]) -> String {
    printed(&[&["--color", "always"], arguments].concat()).replace('\x1b', "␛")
}

fn print(command: &mut Command) -> String {
    let output = command
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
        (r"[\d.]+(e-?\d+)? of [\d.]+e-?\d+ \(.*steps\[\d+\]\)", "[error] of [bound] ([where])"),
        // On one machine, and off by a rounding on another.
        ("equal to the last bit", "[error] of [bound] ([where])"),
        (r"(in|;) \d+\.\d s", "$1 [time]"),
        (r"\S*/debug/conformance", "conformance"),
        (r"\S*/port\.sh", "port.sh"),
        (r"(expected|got) \d\.\d{12,}", "$1 [value]"),
        (r"\d\.\de\d+ ulp", "[ulps] ulp"),
        (r"sha256 [0-9a-f]{12,64}", "sha256 [digest]"),
        (r"sh port\.sh *", "sh port.sh "),
        (r"conformance \d+\.\d+\.\d+", "conformance [version]"),
    ];
    insta::with_settings!({ filters => filters, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, printed);
    });
}

fn official(name: &str, kind: &str) -> String {
    corpus::root().join(format!("official/{name}.{kind}.json")).to_str().unwrap().to_owned()
}

fn own(name: &str, kind: &str) -> String {
    corpus::root().join(format!("own/{name}.{kind}.json")).to_str().unwrap().to_owned()
}

#[test]
fn help() {
    assert("help", &printed(&["--help"]));
    for command in [
        "run",
        "trace",
        "check",
        "explain",
        "corpus",
        "bless",
        "mutants",
        "matrix",
        "tightness",
        "paper",
    ] {
        assert(&format!("help-{command}"), &printed(&[command, "--help"]));
    }
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
    assert("run-coloured", &coloured(&["run", "--subject", "reference", "--only", "mlp-*"]));
    assert("run-nothing", &printed(&["run", "--only", "no-such-case"]));
    assert("run-nothing-coloured", &coloured(&["run", "--only", "no-such-case"]));
}

/// Everything that a run of a command may print.
#[test]
fn run_of_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let [port, known] = ["port.sh", "known.txt"].map(|name| folder.path().join(name));
    let script = r#"
case $(head -c 200 "$1") in
*'"name":"tokens-shared"'*) echo 'layer type shared is not in this port' >&2; exit 77 ;;
*'"name":"tokens-strong-mean"'*) exit 3 ;;
*'"name":"tokens-single-rows"'*) printf 'Traceback\n  line 7\nKeyError: 3\n' >&2; exit 1 ;;
*'"name":"tokens"'*) sed 's/"eps":[^,}]*/"eps":0.5/' "$1" >"$1.wrong"; set -- "$1.wrong" "$2" ;;
esac
exec @judge@ trace --case "$1" --out "$2"
"#;
    std::fs::write(&port, script.replace("@judge@", env!("CARGO_BIN_EXE_conformance"))).unwrap();
    let list = "tokens-strong-mean free ends with exit status 3\ntokens-shared free times out\n";
    std::fs::write(&known, list).unwrap();
    let (subject, known) = (format!("sh {}", port.display()), known.to_str().unwrap());
    let run = ["run", "--subject", &subject, "--only", "tokens*", "--mode", "free"];
    let run = [&run[..], &["--expected-failures", known]].concat();
    let hide = |text: String| text.replace(known, "known.txt");
    assert("run-command", &hide(printed(&run)));
    assert("run-command-coloured", &hide(coloured(&run)));
}

/// What the commands print that look at the project itself.
#[test]
fn of_the_project() {
    assert("corpus", &printed(&["corpus"]));
    assert("bless", &printed(&["bless", "--dry-run", "--only", "smoke"]));
    assert("mutants", &printed(&["mutants", "--only", "scale-by-rows"]));
    assert("tightness", &printed(&["tightness", "--only", "smoke"]));
}

/// A port that reports little, and one whose mistake a case cannot tell from another.
#[test]
fn verdicts_on_ports() {
    let case_path = own("smoke", "case");
    let case = Case::read(&case_path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.json");
    let check = ["check", "--case", &case_path, "--trace", path.to_str().unwrap()];

    let mut trace = Trace::read(own("smoke", "golden"), &case).unwrap();
    for step in &mut trace.steps {
        step.layers.clear();
    }
    trace.write(&path).unwrap();
    assert("conforms-in-part", &printed(&check));
    assert("conforms-in-part-coloured", &coloured(&check));

    slow::trace::<f64>(&case, named("first-layer-plain").unwrap()).write(&path).unwrap();
    assert("looks-like-several", &printed(&check));
    assert("looks-like-several-coloured", &coloured(&check));
}

#[test]
fn verdicts() {
    let case_path = official("tokens", "case");
    let golden_path = official("tokens", "official");
    assert("conforms", &printed(&["check", "--case", &case_path, "--trace", &golden_path]));
    let conforms = ["check", "--case", &case_path, "--trace", &golden_path];
    assert("conforms-coloured", &coloured(&conforms));
    let missing = ["check", "--case", "no.json", "--trace", &golden_path];
    assert("missing", &printed(&missing));
    assert("missing-coloured", &coloured(&missing));

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
    assert("diverges-coloured", &coloured(&arguments));
    assert("diverges-json", &printed(&[&arguments[..], &["--format", "json"]].concat()));
}
