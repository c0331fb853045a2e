//! The files in which `run` and `check` say what they found.

use conformance::mutants::Mutant;
use conformance::{schemas, slow};
use fixtures::{Case, corpus};
use quick_junit::{TestCase, TestCaseStatus};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A port that is right in one case, declines one, has other betas in one and crashes in one.
const PORT: &str = r#"
case $(head -c 200 "$1") in
*'"name":"tokens"'*) echo 'tokens are <not> in this port' >&2; exit 77 ;;
*'"name":"mlp-bias"'*) sed 's/"betas":\[[^]]*\]/"betas":[0.5,0.75]/' "$1" >"$1.wrong"; set -- "$1.wrong" "$2" ;;
*'"name":"skipped-step"'*) echo 'a <step> & a crash' >&2; exit 3 ;;
esac
exec @judge@ trace --case "$1" --out "$2"
"#;

struct Reports {
    folder: TempDir,
}

impl Reports {
    /// What the port above is reported as.
    fn of_port() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = folder.path().join("port.sh");
        fs::write(&port, PORT.replace("@judge@", env!("CARGO_BIN_EXE_conformance"))).unwrap();
        let reports = Self { folder };
        let corpus = reports.path("corpus");
        fs::create_dir(&corpus).unwrap();
        for name in ["mlp-bias", "tokens", "skipped-step", "linear-no-bias"] {
            for kind in ["case", "official", "bounds"] {
                let file = format!("{name}.{kind}.json");
                let from = corpus::root().join("official").join(&file);
                fs::copy(from, corpus.join(file)).unwrap();
            }
        }
        let subject = format!("sh {}", port.display());
        let output =
            reports.conformance(&["run", "--subject", &subject, "--corpus", text(&corpus)]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        reports
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn conformance(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
        command.args(arguments);
        for (option, file) in [
            ("--json", "report.json"),
            ("--junit", "report.xml"),
            ("--badge", "badge.svg"),
            ("--html", "report.html"),
        ] {
            command.arg(option).arg(self.path(file));
        }
        command.output().unwrap()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The values of an attribute in the order in which they come; maud writes them all in this way.
fn attributes<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let opening = format!(" {name}=\"");
    page.split(opening.as_str()).skip(1).map(|rest| &rest[..rest.find('"').unwrap()]).collect()
}

/// The report is what its JSON Schema says.
fn assert_valid(report: &Value) {
    let [_, (_, schema), _] = schemas::all();
    let validator = jsonschema::draft202012::new(schema.as_value()).unwrap();
    if let Err(error) = validator.validate(report) {
        panic!("{}: {error}", error.instance_path());
    }
}

/// Nothing is asked of a network, and every anchor leads somewhere.
fn assert_stands_alone(page: &str) {
    for outside in
        ["<script", "<link", "<img", "<iframe", "<base", "src=", "url(", "@import", "://"]
    {
        assert!(!page.contains(outside), "the page has {outside}");
    }
    let ids = attributes(page, "id");
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "an id comes twice: {ids:?}");
    let links = attributes(page, "href");
    assert!(links.len() > 5);
    for link in links {
        let target = link.strip_prefix('#').unwrap_or_else(|| panic!("{link} leads outside"));
        assert!(distinct.contains(&target), "#{target} leads nowhere");
    }
    for attribute in ["class", "title"] {
        let twice = format!(" {attribute}=\"");
        for tag in page.split('<') {
            let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
            assert!(tag.matches(&twice).count() < 2, "<{tag}> has {attribute} twice");
        }
    }
}

#[test]
fn the_page_of_a_failing_port_stands_alone_and_tells_everything() {
    let reports = Reports::of_port();
    let page = reports.read("report.html");
    assert_stands_alone(&page);
    for told in [
        "mlp-bias",
        "tokens are &lt;not&gt; in this port",
        "a &lt;step&gt; &amp; a crash",
        "--only mlp-bias --mode free",
        "id=\"failure-mlp-bias-",
        "href=\"#failure-skipped-step-",
        "Looks like",
        "steps[0]",
        "float64",
    ] {
        assert!(page.contains(told), "nothing of {told}");
    }
}

#[test]
fn the_page_of_the_reference_stands_alone() {
    let reports = Reports { folder: tempfile::tempdir().unwrap() };
    let output = reports.conformance(&["run", "--subject", "reference"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let page = reports.read("report.html");
    assert_stands_alone(&page);
    // Every case and clause is there.
    for entry in corpus::entries(&corpus::root()).unwrap() {
        assert!(page.contains(&format!("<th scope=\"row\">{}</th>", entry.name)), "{}", entry.name);
    }
    for clause in 1..=20 {
        assert!(page.contains(&format!("<tr id=\"S{clause}\">")), "S{clause}");
    }
    assert!(page.contains("<h2>Failures</h2><p>None.</p>"));
}

#[test]
fn json_has_everything_and_names_the_corpus() {
    let reports = Reports::of_port();
    let report: Value = serde_json::from_str(&reports.read("report.json")).unwrap();
    assert_valid(&report);
    assert_eq!(report["schema"], "adaact.report/1");
    let digest = report["corpus"]["digest"].as_str().unwrap();
    assert!(digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()), "{digest}");
    let of = |case: &str, mode: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().find(|f| f["case"] == case && f["mode"] == mode).unwrap().clone()
    };
    let conforms = of("linear-no-bias", "free");
    assert_eq!((&conforms["verdict"], &conforms["dtype"]), (&"conforms".into(), &"float64".into()));
    let steps = conforms["steps"].as_u64().unwrap() as usize;
    assert_eq!(conforms["growth"].as_array().unwrap().len(), steps);
    assert!(conforms["ratios"]["ema"].as_array().unwrap().len() == steps);
    let diverges = of("mlp-bias", "forced");
    assert_eq!(
        (&diverges["verdict"], &diverges["divergence"]["stage"]),
        (&"diverges".into(), &"ema".into())
    );
    let fails = of("skipped-step", "forced");
    assert_eq!(fails["failure"]["name"], "ends with exit status 3");
    assert_eq!(fails["failure"]["output"], "a <step> & a crash\n");
    assert_eq!(of("tokens", "free")["verdict"], "declines");
}

#[test]
fn junit_counts_what_fails_and_what_is_skipped() {
    let reports = Reports::of_port();
    let junit = quick_junit::Report::deserialize_from_str(&reports.read("report.xml")).unwrap();
    assert_eq!(junit.test_suites.len(), 2);
    // What is declined as a whole is not tried step by step.
    for (suite, skips) in junit.test_suites.iter().zip([1, 0]) {
        assert_eq!((suite.tests, suite.failures, suite.errors), (3 + skips, 1, 1));
        let skipped = |test: &&TestCase| matches!(test.status, TestCaseStatus::Skipped { .. });
        assert_eq!(suite.test_cases.iter().filter(skipped).count(), skips);
        let names: Vec<_> = suite.test_cases.iter().map(|test| test.name.as_str()).collect();
        let all = ["linear-no-bias", "mlp-bias", "skipped-step", "tokens"];
        assert_eq!(names, all[..3 + skips]);
        let digest = suite.properties.iter().find(|p| p.name.as_str() == "corpus.sha256").unwrap();
        assert_eq!(digest.value.as_str().len(), 64);
        let TestCaseStatus::NonSuccess { description, .. } = &suite.test_cases[2].status else {
            panic!("{:?}", suite.test_cases[2].status);
        };
        let description = description.as_ref().unwrap().as_str();
        assert!(description.contains("a <step> & a crash") && description.contains("again: "));
    }
}

#[test]
fn the_badge_names_count_and_corpus() {
    let reports = Reports::of_port();
    let badge = reports.read("badge.svg");
    let report: Value = serde_json::from_str(&reports.read("report.json")).unwrap();
    let digest = &report["corpus"]["digest"].as_str().unwrap()[..7];
    assert!(badge.contains(">AdaAct 2 of 6<") && badge.contains(digest), "{badge}");
    assert!(badge.contains("1 declined"), "{badge}");
    assert!(!badge.contains("href"));
}

#[test]
fn check_writes_the_same_reports() {
    let reports = Reports { folder: tempfile::tempdir().unwrap() };
    let case_path = corpus::root().join("official/mlp-bias.case.json");
    let case = Case::read(&case_path).unwrap();
    let trace = reports.path("trace.json");
    slow::trace::<f64>(&case, Some(Mutant::NoRoot)).write(&trace).unwrap();
    let arguments = ["check", "--case", text(&case_path), "--trace", text(&trace)];
    let output = reports.conformance(&arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let page = reports.read("report.html");
    assert_stands_alone(&page);
    assert!(page.contains("<strong>no root</strong>"));
    let report: Value = serde_json::from_str(&reports.read("report.json")).unwrap();
    assert_valid(&report);
    let finding = &report["findings"][0];
    assert_eq!((&finding["mode"], &finding["verdict"]), (&Value::Null, &"diverges".into()));
    assert_eq!(finding["looks_like"]["mutants"][0]["name"], "no-root");
    assert!(reports.read("report.xml").contains("no root (no-root, S8)"));
    assert!(reports.read("badge.svg").contains("AdaAct 0 of 1"));
}

/// Found out before the work, so that it is not lost.
#[test]
fn what_cannot_be_written_is_said_before_anything_is_run() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["no/such/folder/report.html", ""] {
        let path = folder.path().join(path);
        let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
            .args(["run", "--subject", "reference", "--html", text(&path)])
            .output()
            .unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.starts_with("error: ") && message.contains(text(&path)), "{message}");
    }
}
