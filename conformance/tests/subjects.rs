//! Programs as subjects: whatever one does instead of writing a trace is a verdict on its case.

use fixtures::corpus;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A port that does what the name of the case says, and is right where that says nothing.
///
/// `@judge@` stands for this program; `$name` is the case's.
const BAD: &str = r#"
name=$(sed -n 's/^{"schema":"[^"]*","name":"\([^"]*\)".*/\1/p' "$1")
right() { @judge@ trace --case "$1" --out "$2"; }
case $name in
crash) echo 'thinking' >&2; echo 'ZeroDivisionError: float division by zero' >&2; exit 1 ;;
killed) kill -SEGV $$ ;;
hang) (while :; do sleep 60; done) & echo $! >"$0.child"; wait ;;
silent) ;;
garbage) printf 'no trace at all\n' >"$2" ;;
half) right "$1" "$2"; head -c 1000 "$2" >"$2.half"; mv "$2.half" "$2" ;;
version) right "$1" "$2"; sed -i 's,adaact.trace/1,adaact.trace/2,' "$2" ;;
other) right "$1" "$2"; sed -i 's,"case":"other","case":"another",' "$2" ;;
folder) mkdir "$2" ;;
pipe) mkfifo "$2" ;;
memory) { head -c 400000000 /dev/zero; sleep 60; } | tail >"$2" ;;
chatter) yes >&2 ;;
decline) echo 'looking' >&2; echo 'layer type linear is not in this port' >&2; exit 77 ;;
wrong) sed 's/"betas":\[[^]]*\]/"betas":[0.5,0.75]/' "$1" >"$1.wrong"; right "$1.wrong" "$2" ;;
*) right "$1" "$2" ;;
esac
"#;

/// What every case should come to, free and forced.
const VERDICTS: [(&str, &str, &str); 15] = [
    ("chatter", "fails", "writes more than 64 MiB to its standard error"),
    ("crash", "fails", "ends with exit status 1: ZeroDivisionError: float division by zero"),
    ("decline", "declines", "layer type linear is not in this port"),
    ("folder", "fails", "writes no trace of the case: is a directory, not a regular file"),
    ("garbage", "fails", "writes no trace of the case: expected ident at line 1 column 2, near no"),
    ("half", "fails", "writes no trace of the case: "),
    ("hang", "fails", "still runs after 15 s"),
    ("killed", "fails", "ends with signal 11"),
    ("memory", "fails", "MiB of memory, more than 256 MiB"),
    ("other", "fails", "case: \"another\" is not the case's name, \"other\""),
    ("pipe", "fails", "writes no trace of the case: is a pipe, not a regular file"),
    ("right", "conforms", ""),
    ("silent", "fails", "ends well, but writes no trace"),
    ("version", "fails", "schema: unknown variant `adaact.trace/2`, expected `adaact.trace/1`"),
    ("wrong", "diverges", "stage ema"),
];

/// A folder with a port and a corpus, in which one case has many names.
struct Scene {
    folder: TempDir,
}

impl Scene {
    fn new(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let judge = env!("CARGO_BIN_EXE_conformance");
        fs::write(folder.path().join("port.sh"), BAD.replace("@judge@", judge)).unwrap();
        fs::create_dir(folder.path().join("corpus")).unwrap();
        let scene = Self { folder };
        for name in names {
            for kind in ["case", "official", "bounds"] {
                scene.copy("linear-no-bias", name, kind);
            }
        }
        scene
    }

    /// A file of the corpus under another name, inside as well.
    fn copy(&self, from: &str, name: &str, kind: &str) {
        let text =
            fs::read_to_string(corpus::root().join("official").join(format!("{from}.{kind}.json")));
        let mut value: Value = serde_json::from_str(&text.unwrap()).unwrap();
        value[if kind == "case" { "name" } else { "case" }] = name.into();
        let path = self.path("corpus").join(format!("{name}.{kind}.json"));
        fs::write(path, value.to_string()).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn subject(&self) -> String {
        format!("sh {}", self.path("port.sh").display())
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let start = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
            .args(["run", "--subject", &self.subject(), "--corpus"])
            .arg(self.path("corpus"))
            .args(["--timeout", "15", "--memory", "256", "--json"])
            .arg(self.path("report.json"))
            .args(arguments)
            .output()
            .unwrap();
        Run { output, took: start.elapsed() }
    }

    /// The findings of the last run.
    fn findings(&self) -> Vec<Value> {
        let report = fs::read(self.path("report.json")).unwrap();
        let report: Value = serde_json::from_slice(&report).unwrap();
        report["findings"].as_array().unwrap().clone()
    }
}

struct Run {
    output: Output,
    took: Duration,
}

impl Run {
    fn code(&self) -> i32 {
        self.output.status.code().expect("ended by itself")
    }

    fn stdout(&self) -> &str {
        std::str::from_utf8(&self.output.stdout).unwrap()
    }

    fn stderr(&self) -> &str {
        std::str::from_utf8(&self.output.stderr).unwrap()
    }
}

/// Whether a process still runs; one that was ended may wait to be noticed.
fn is_alive(pid: &str) -> bool {
    let status = fs::read_to_string(Path::new("/proc").join(pid.trim()).join("status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

#[test]
fn whatever_a_subject_does_is_a_verdict_of_its_case() {
    let names: Vec<_> = VERDICTS.iter().map(|(name, ..)| *name).collect();
    let scene = Scene::new(&names);
    let run = scene.run(&["--jobs", "4", "--keep", scene.path("kept").to_str().unwrap()]);
    assert_eq!(run.code(), 1, "{}{}", run.stdout(), run.stderr());
    let findings = scene.findings();
    let mut findings = findings.iter();
    for (name, verdict, message) in VERDICTS {
        // Who declines the whole case is not asked for its steps.
        let modes = if verdict == "declines" { &["free"][..] } else { &["free", "forced"] };
        for &mode in modes {
            let finding = findings.next().unwrap();
            let told = finding["message"].as_str().unwrap();
            assert_eq!((&finding["case"], &finding["mode"]), (&name.into(), &mode.into()));
            assert_eq!(finding["verdict"], verdict, "{finding}");
            assert!(told.contains(message), "{name}: {told}");
            let failed = verdict == "fails" || verdict == "diverges";
            assert_eq!(finding["again"].is_string(), failed, "{finding}");
        }
    }
    assert_eq!(findings.next(), None);
    let summary = "15 cases, 29 replays: 2 conform, 2 diverge, 24 fail, 1 declined";
    assert!(run.stdout().contains(summary), "{}", run.stdout());
    // Two calls hang until they are ended; nobody waits for an hour.
    assert!(run.took < Duration::from_secs(240), "{:?}", run.took);

    // What they have started is gone, and what they wrote is kept.
    let child = fs::read_to_string(scene.path("port.sh.child")).unwrap();
    assert!(!is_alive(&child), "{child}");
    let kept = |name: &str| fs::read_to_string(scene.path("kept").join(name)).unwrap();
    assert_eq!(kept("crash/free/stderr.txt").lines().count(), 2);
    assert!(kept("wrong/forced-3/trace.json").starts_with("{\"schema\":\"adaact.trace/1\""));
}

/// The line below a failure, given to a shell, replays that case alone.
#[test]
fn the_command_that_is_printed_replays_the_case_alone() {
    let scene = Scene::new(&["crash", "right", "[odd] name's"]);
    let text = fs::read_to_string(scene.path("port.sh")).unwrap();
    let text = text.replace("crash)", "crash | \"[odd] name's\")");
    fs::write(scene.path("port.sh"), text).unwrap();
    let run = scene.run(&["--mode", "free"]);
    let mut agains: Vec<&str> =
        run.stdout().lines().filter_map(|line| line.trim_start().strip_prefix("again: ")).collect();
    assert_eq!(agains.len(), 2, "{}", run.stdout());
    agains.retain(|again| again.contains("odd"));
    let again = Command::new("sh").args(["-c", agains[0]]).output().unwrap();
    let printed = String::from_utf8(again.stdout).unwrap();
    assert!(printed.contains("1 case, 1 replay: 0 conform, 0 diverge, 1 fail"), "{printed}");
    assert!(printed.contains("FAILS    [odd] name's"), "{printed}");
}

/// What fails alike is shown once; a long output, from the line that names the error on.
#[test]
fn what_a_subject_wrote_is_shown_once() {
    let scene = Scene::new(&["a", "b"]);
    let port = "echo start >&2; echo 'KeyError: 3' >&2; seq 9 >&2; exit 1";
    fs::write(scene.path("port.sh"), port).unwrap();
    let run = scene.run(&["--mode", "free"]);
    let shown = run.stdout().lines().filter_map(|line| line.trim_start().strip_prefix("| "));
    let shown: Vec<_> = shown.collect();
    assert_eq!(shown, ["…", "KeyError: 3", "1", "2", "3", "4", "5", "…", "as above"]);
}

#[test]
fn a_run_in_which_all_is_declined_does_not_pass() {
    let scene = Scene::new(&["decline"]);
    let run = scene.run(&[]);
    assert_eq!(run.code(), 1);
    assert!(run.stdout().contains("declined 1 case: layer type linear is not in this port\n"));
    assert!(
        run.stdout().contains("nothing was judged: every case was declined\n"),
        "{}",
        run.stdout()
    );
}

/// Side by side, cases take less time than one after the other.
#[test]
fn cases_run_side_by_side() {
    let scene = Scene::new(&["a", "b", "c", "d"]);
    let port = "sleep 6\n".to_owned() + &fs::read_to_string(scene.path("port.sh")).unwrap();
    fs::write(scene.path("port.sh"), port).unwrap();
    let run = scene.run(&["--mode", "free", "--jobs", "4"]);
    assert_eq!(run.code(), 0, "{}", run.stdout());
    assert!(run.took < Duration::from_secs(20), "{:?}", run.took);
    let cases =
        run.stdout().lines().filter(|line| line.starts_with("ok ")).map(|line| &line[9..10]);
    assert!(cases.eq(["a", "b", "c", "d"]), "{}", run.stdout());
}

#[test]
fn an_interrupted_run_ends_what_it_started_and_writes_nothing() {
    let scene = Scene::new(&["hang"]);
    let mut run = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(["run", "--subject", &scene.subject(), "--corpus"])
        .arg(scene.path("corpus"))
        .arg("--json")
        .arg(scene.path("report.json"))
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let child = loop {
        match fs::read_to_string(scene.path("port.sh.child")) {
            Ok(child) if child.ends_with('\n') => break child,
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let pid = run.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(run.wait().unwrap().code(), Some(2));
    assert!(!is_alive(&child) && !scene.path("report.json").exists());
}

/// A session of its own is no way out: neither after success nor where the program is ended.
#[test]
fn what_left_its_process_group_is_ended_too() {
    let scene = Scene::new(&["hang", "right"]);
    let leave = "setsid sleep 600 & echo $! >>\"$0.left\"\n";
    let port = leave.to_owned() + &fs::read_to_string(scene.path("port.sh")).unwrap();
    fs::write(scene.path("port.sh"), port).unwrap();
    let run = scene.run(&["--mode", "free", "--jobs", "2"]);
    assert!(run.stdout().contains("1 conform, 0 diverge, 1 fail"), "{}", run.stdout());
    let left = fs::read_to_string(scene.path("port.sh.left")).unwrap();
    assert_eq!(left.lines().count(), 2);
    assert!(!left.lines().any(is_alive), "{left}");
}

/// A port may go on by a helper in a session of its own; the end of another case is not its end.
#[test]
fn what_a_running_program_started_is_left_alone() {
    let scene = Scene::new(&["right", "slow"]);
    let helper = r#"name=$(sed -n 's/^{"schema":"[^"]*","name":"\([^"]*\)".*/\1/p' "$1")
if [ "$name" = slow ]; then
  (setsid sh -c 'sleep 6; touch "$0.helped"' "$0" &)
  while [ ! -e "$0.helped" ]; do sleep 0.1; done
fi
"#;
    let port = helper.to_owned() + &fs::read_to_string(scene.path("port.sh")).unwrap();
    fs::write(scene.path("port.sh"), port).unwrap();
    let run = scene.run(&["--mode", "free", "--jobs", "2"]);
    assert_eq!(run.code(), 0, "{}", run.stdout());
}

/// Names that were one folder's once; the port takes long enough for one to disturb the other.
#[test]
fn every_case_is_kept_in_a_folder_of_its_own() {
    let scene = Scene::new(&["a..b", "a_b"]);
    let port = "sleep 1\n".to_owned() + &fs::read_to_string(scene.path("port.sh")).unwrap();
    fs::write(scene.path("port.sh"), port + "sleep 1\n").unwrap();
    let kept = scene.path("kept");
    let run = scene.run(&["--mode", "free", "--jobs", "2", "--keep", kept.to_str().unwrap()]);
    assert_eq!(run.code(), 0, "{}", run.stdout());
    assert_eq!(fs::read_dir(kept).unwrap().count(), 2);
}

/// A message in colour, with a character that XML has no place for.
#[test]
fn messages_are_plain_text_and_reports_are_well_formed() {
    let scene = Scene::new(&["a", "right"]);
    let port = r#"case $(cat "$1") in *'"name":"a"'*) printf '10 %%\r20 %%\r\033[1;31mValueError:\033[0m no \357\277\276 good\n' >&2; exit 1 ;; esac
"#;
    let port = port.to_owned() + &fs::read_to_string(scene.path("port.sh")).unwrap();
    fs::write(scene.path("port.sh"), port).unwrap();
    let junit = scene.path("report.xml");
    let run = scene.run(&["--mode", "free", "--junit", junit.to_str().unwrap()]);
    let message = "ends with exit status 1: ValueError: no \u{fffe} good\n";
    assert!(run.stdout().contains(message), "{}", run.stdout());
    let xml = fs::read_to_string(junit).unwrap();
    assert!(xml.contains("ValueError: no \u{fffd} good") && !xml.contains('\u{fffe}'), "{xml}");
    let tests: Vec<_> = xml.lines().filter(|line| line.contains("<testcase ")).collect();
    assert_eq!(tests.len(), 2);
    assert!(tests.iter().all(|test| test.contains(" time=\"")), "{xml}");
    assert!(!xml.contains("error of equal"), "{xml}");
}

/// `conda run` and `make` have the last word; the port's own counts.
#[test]
fn the_reason_is_the_ports_own_behind_a_wrapper() {
    let scene = Scene::new(&["a"]);
    let says = |lines: &str, status: u8| {
        let port = format!("printf '%s\\n' {lines} >&2; exit {status}");
        fs::write(scene.path("port.sh"), port).unwrap();
        let run = scene.run(&["--mode", "free"]);
        let message = scene.findings()[0]["message"].as_str().map(str::to_owned);
        message.unwrap_or_else(|| panic!("{}", run.stdout()))
    };
    let conda = "'ERROR conda.cli.main_run:execute(127): `conda run python port.py` failed.'";
    let [told, make] = ["'layer type x is not here'", "'make: *** [Makefile:2: run] Error 77'"];
    assert_eq!(says(&format!("{told} '' {conda}"), 77), "layer type x is not here");
    let crashed = says(&format!("'KeyError: 3' {conda}"), 1);
    assert_eq!(crashed, "ends with exit status 1: KeyError: 3");
    let under_make = says(&format!("{told} {make}"), 2);
    assert!(
        under_make
            .starts_with("ends with exit status 2: layer type x is not here (make ended with 2"),
        "{under_make}"
    );
}

#[test]
fn a_blank_subject_is_refused_and_blanks_around_one_are_not_its_own() {
    let scene = Scene::new(&["right"]);
    let run = |subject: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
        command.args(["run", "--mode", "free", "--subject", subject, "--corpus"]);
        command.arg(scene.path("corpus")).output().unwrap()
    };
    for blank in ["", " ", "\n"] {
        let output = run(blank);
        assert_eq!(output.status.code(), Some(2), "{blank:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("is blank: give a command, `reference` or `tch`"), "{told}");
    }
    assert!(run(&format!(" {}\n", scene.subject())).status.success());
}

const LIST: [&str; 2] = ["--expected-failures", "known.txt"];

impl Scene {
    fn run_with_list(&self, list: Option<&str>, more: &[&str]) -> Run {
        let path = self.path(LIST[1]);
        if let Some(list) = list {
            fs::write(&path, list).unwrap();
        }
        let arguments = [&[LIST[0], path.to_str().unwrap()], more].concat();
        self.run(&arguments)
    }

    fn list(&self) -> String {
        fs::read_to_string(self.path(LIST[1])).unwrap()
    }
}

#[test]
fn a_list_of_expected_failures_is_held_to_be_true() {
    let scene = Scene::new(&["crash", "decline", "right", "wrong"]);
    let list = "\
# What this port is known for.

crash forced ends with exit status 1   # divides by zero
crash free ends with exit status 1
# Other betas.
wrong forced diverges at ema of fc
wrong free diverges at ema of fc
";
    let run = scene.run_with_list(Some(list), &[]);
    assert_eq!(run.code(), 0, "{}{}", run.stdout(), run.stderr());
    assert!(run.stdout().contains("2 diverge, 2 fail, 1 declined; 4 as expected"));
    assert_eq!(run.stdout().matches("\nexpected ").count() + 1, 4, "{}", run.stdout());

    // As some editors save it, with a byte order mark.
    let marked = format!("\u{feff}{}", &list[list.find("crash").unwrap()..]);
    assert_eq!(scene.run_with_list(Some(&marked), &[]).code(), 0);

    // It fails otherwise, or no longer.
    let other = list.replace("crash free ends with exit status 1", "crash free times out");
    let other = other + "right free times out\n";
    let run = scene.run_with_list(Some(&other), &[]);
    assert_eq!(run.code(), 1);
    let known = scene.path("known.txt").display().to_string();
    let otherwise = format!("{known}:4: crash free \"times out\": now it ends with exit status 1");
    let no_longer = format!("{known}:8: right free \"times out\": it no longer fails");
    assert!(run.stdout().contains(&otherwise) && run.stdout().contains(&no_longer));
    // Nor does a step of a case that is declined as a whole.
    let declined = list.to_owned() + "decline forced times out\n";
    let run = scene.run_with_list(Some(&declined), &[]);
    assert_eq!(run.code(), 1);
    let no_longer = format!("{known}:8: decline forced \"times out\": it no longer fails");
    assert!(run.stdout().contains(&no_longer), "{}", run.stdout());

    // Of another case nothing is said in a run of one.
    let run = scene.run_with_list(Some(&other), &["--only", "wrong"]);
    assert_eq!(run.code(), 0, "{}", run.stdout());

    // A case that is no case, and a line that is no entry, are errors before anything is run.
    for (wrong, why) in [
        ("wong free times out\n", "line 8: the corpus has no case wong"),
        ("wrong fee times out\n", "line 8: \"fee\" is not a mode"),
        ("wrong\n", "line 8: \"wrong\" is not an entry"),
    ] {
        let run = scene.run_with_list(Some(&(list.to_owned() + wrong)), &[]);
        assert_eq!((run.code(), run.stdout()), (2, ""));
        assert!(
            run.stderr().starts_with("error: ") && run.stderr().contains(why),
            "{}",
            run.stderr()
        );
    }
}

#[test]
fn fix_rewrites_the_list_after_a_whole_run_only() {
    let scene = Scene::new(&["crash", "right", "wrong"]);
    let run = scene.run_with_list(None, &[]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("known.txt (--fix creates it)"), "{}", run.stderr());

    let run = scene.run_with_list(None, &["--fix"]);
    assert_eq!(run.code(), 0, "{}{}", run.stdout(), run.stderr());
    let list = "\
crash forced ends with exit status 1
crash free ends with exit status 1
wrong forced diverges at ema of fc
wrong free diverges at ema of fc
";
    assert_eq!(scene.list(), list);
    assert_eq!(scene.run_with_list(None, &[]).code(), 0);

    // What was said stays with what still fails.
    let said = "# A list.\n\ngone free times out\n".to_owned()
        + &list
            .replace("crash free", "# Soon.\ncrash free")
            .replace("ema of fc", "ema of fc   # no");
    let run = scene.run_with_list(Some(&said), &["--fix"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert_eq!(scene.list(), said.replace("gone free times out\n", ""));

    for part in [["--only", "crash"], ["--mode", "free"]] {
        let run = scene.run_with_list(Some(list), &[&["--fix"][..], &part].concat());
        assert_eq!(run.code(), 2);
        assert!(run.stderr().contains("cannot be used with"), "{}", run.stderr());
        assert_eq!(scene.list(), list);
    }
}
