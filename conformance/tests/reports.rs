//! The files in which `run` and `check` say what they found.

use conformance::{schemas, slow};
use fixtures::{Case, corpus};
use mistakes::named;
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

/// A port that declines convolutions, fails in one case in another way each time, claims float32
/// in one, is right in another, and fails alike in all others.
const UNLUCKY: &str = r#"
case $(head -c 200 "$1") in
*'"name":"conv-'*) echo 'convolutions are <not> in this port' >&2; exit 77 ;;
*'"name":"mid-run"'*) echo 'a state is not in this port' >&2; exit 77 ;;
*'"name":"dead-input"'*)
    if [ -e "$0.before" ]; then echo 'another time'; else echo 'the first time'; fi >&2
    touch "$0.before"; exit 4 ;;
*'"name":"lr-schedule"'*)
    @judge@ trace --case "$1" --out "$2.double"
    exec sed 's/"dtype":"float64"/"dtype":"float32"/' "$2.double" >"$2" ;;
*'"name":"linear-no-bias"'*) exec @judge@ trace --case "$1" --out "$2" ;;
esac
printf 'far above\nError: not <yet>\n' >&2
exit 3
"#;

struct Reports {
    folder: TempDir,
}

impl Reports {
    /// What the first port is reported as.
    fn of_port() -> Self {
        Self::of(PORT, |name| {
            ["mlp-bias", "tokens", "skipped-step", "linear-no-bias"].contains(&name)
        })
    }

    /// What a port is reported as that does not conform, over some of the official cases.
    fn of(port: &str, wanted: impl Fn(&str) -> bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("port.sh");
        fs::write(&script, port.replace("@judge@", env!("CARGO_BIN_EXE_conformance"))).unwrap();
        let reports = Self { folder };
        let corpus = reports.path("corpus");
        fs::create_dir(&corpus).unwrap();
        for file in fs::read_dir(corpus::root().join("official")).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            if wanted(name.split('.').next().unwrap()) {
                fs::copy(file.path(), corpus.join(name)).unwrap();
            }
        }
        let subject = format!("sh {}", script.display());
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
        "id=\"failure.mlp-bias.",
        "href=\"#failure.skipped-step.",
        "It matches a known mistake: ",
        "steps[0]",
        "float64",
    ] {
        assert!(page.contains(told), "nothing of {told}");
    }
}

/// The cards of failures, in their order; the last is the example.
fn cards(page: &str) -> Vec<&str> {
    let cards = page.split("<details class=\"failure\"").skip(1);
    cards.map(|card| &card[..card.find("</details>").unwrap()]).collect()
}

#[test]
fn failures_fold_and_what_is_alike_is_told_once() {
    let page = Reports::of(UNLUCKY, |_| true).read("report.html");
    assert_stands_alone(&page);
    let cards = cards(&page);
    let failing: Vec<_> = cards.iter().filter(|card| card.contains(">fails</span>")).collect();
    assert!(failing.len() > 12, "{}", failing.len());
    // Only what is new is open; all after the first dozen lie together in one fold.
    let open = failing.iter().filter(|card| card.starts_with(" open>"));
    assert_eq!(open.count(), 2);
    assert!(page.contains(&format!("<summary>{} more</summary>", failing.len() - 12)));
    // Browsers open what is closed for a link to what is in it, its summary not included.
    for card in &cards {
        let (summary, told) = card.split_once("</summary>").unwrap();
        assert!(!summary.contains(" id=") && told.contains(" id=\"failure."), "{card}");
        assert!(summary.contains("steps[") || summary.contains("ends with exit status"), "{card}");
    }
    // What was written to standard error stands in the first of those that are alike.
    let told: Vec<_> = failing.iter().filter(|card| card.contains("far above")).collect();
    assert_eq!(told.len(), 1);
    let target = attributes(told[0], "id")[0];
    let same = format!("It writes the same as in <a href=\"#{target}\">");
    assert_eq!(page.matches(&same).count(), failing.len() - 2);
    // And what is not alike is told, be it of the same case.
    let twice = failing.iter().find(|card| card.contains("<strong>dead-input</strong>")).unwrap();
    assert!(twice.contains("<pre>the first time</pre>"), "{twice}");
    assert!(twice.contains("exit status 4: another time"), "{twice}");
    assert!(twice.contains("<pre>another time</pre>"), "{twice}");
}

#[test]
fn declined_cases_are_grouped_by_reason_and_left_out_of_tables() {
    let page = Reports::of(UNLUCKY, |_| true).read("report.html");
    let (failures, rest) = page.split_once("<section id=\"matrix\">").unwrap();
    let at = failures.find("4 cases declined, for 2 reasons</summary>").unwrap();
    assert!(!failures[at..].contains("class=\"failure\""));
    let reasons = &failures[at..];
    let most =
        reasons.find("<strong>3</strong>: convolutions are &lt;not&gt; in this port").unwrap();
    assert!(reasons.contains(">conv-asymmetric, conv-padding, conv-stride<"), "{reasons}");
    assert!(reasons.find("<strong>1</strong>: a state is not in this port").unwrap() > most);
    assert!(rest.contains("<th scope=\"row\">linear-no-bias</th>"));
    assert!(!rest.contains("<th scope=\"row\">conv-padding</th>"));
    assert!(rest.contains("4 <a href=\"#declined\">declined</a> cases are not shown."));
}

#[test]
fn growth_is_drawn_for_both_dtypes_with_axes_and_units() {
    let page = Reports::of(UNLUCKY, |_| true).read("report.html");
    let figure = page.split_once("<figure>").unwrap().1.split_once("</figure>").unwrap().0;
    for drawn in [
        "relative error",
        "step, counted from 0",
        "— float64</span> (1 case, at most ",
        "— float32</span> (1 case, at most ",
        " in lr-schedule, steps[",
        "<line class=\"unit double\"",
        "<line class=\"unit single\"",
        ">2⁻⁵³</text>",
        ">2⁻²⁴</text>",
        "<title>linear-no-bias, float64</title>",
        "<title>lr-schedule, float32</title>",
    ] {
        assert!(figure.contains(drawn), "nothing of {drawn}: {figure}");
    }
}

/// Other betas spoil the statistic of the first layer, and only through it the inputs of the second.
#[test]
fn the_matrix_tells_what_is_wrong_from_what_inherits() {
    let page = Reports::of_port().read("report.html");
    let class = |stage: &str| {
        let title = format!("\" title=\"mlp-bias, {stage}: ");
        let before = &page[..page.find(&title).unwrap_or_else(|| panic!("no {stage}"))];
        &before[before.rfind("class=\"").unwrap() + 7..]
    };
    assert_eq!(class("mean_square"), "cell inherited");
    assert!(["cell h5", "cell h6"].contains(&class("ema")), "{}", class("ema"));
}

/// Green is for what conforms and nothing else, and a port may do so in a part of the corpus.
#[test]
fn the_headline_says_no_more_than_was_seen() {
    let headline = |page: &str| {
        let rest = page.split_once("<p class=\"verdict\">").unwrap().1;
        rest.split_once("</p>").unwrap().0.split_once("</code> ").unwrap().1.to_owned()
    };
    let reports = Reports::of_port();
    let wrong = "<strong class=\"bad\">does not conform</strong>";
    assert_eq!(headline(&reports.read("report.html")), wrong);
    let corpus = reports.path("corpus");
    let subject = format!("sh {}", reports.path("port.sh").display());
    for (only, status, told) in [
        ("linear-no-bias", 0, "<strong class=\"good\">conforms</strong>"),
        ("tokens", 1, "<strong class=\"bad\">declines every case</strong>"),
        (
            "[lt][io][nk]*",
            0,
            "<strong class=\"good\">conforms</strong> \
             <span class=\"quiet\">in what it does not decline</span>",
        ),
        ("skipped-step", 1, wrong),
    ] {
        let arguments = ["run", "--subject", &subject, "--corpus", text(&corpus), "--only", only];
        let output = reports.conformance(&arguments);
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        assert_eq!(headline(&reports.read("report.html")), told, "{only}");
    }
    let known = reports.path("known.txt");
    fs::write(&known, "skipped-step free ends with exit status 3\n").unwrap();
    let arguments = [
        "run",
        "--subject",
        &subject,
        "--corpus",
        text(&corpus),
        "--only",
        "skipped-step",
        "--mode",
        "free",
        "--expected-failures",
        text(&known),
    ];
    let output = reports.conformance(&arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = "<strong class=\"odd\">fails only as expected</strong>";
    assert_eq!(headline(&reports.read("report.html")), told);
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
        let nearest = suite.test_cases[0].system_out.as_ref().unwrap().as_str();
        assert!(nearest.starts_with("nearest its bound: an error of "), "{nearest}");
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
    slow::trace::<f64>(&case, named("no-root").unwrap()).write(&trace).unwrap();
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
