//! The program among files and places that are not as they should be.
//!
//! Whatever is read or written, the program ends by itself. Where it cannot do what it is told, it
//! ends with 2 and one line that names the file, and leaves all files as they were.
#![cfg(target_os = "linux")]

#[path = "hardening/memory.rs"]
mod memory;
#[path = "hardening/places.rs"]
mod places;
#[path = "hardening/targets.rs"]
mod targets;
#[path = "hardening/texts.rs"]
mod texts;

use fixtures::corpus;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder with a good case and its trace.
struct Scene {
    folder: TempDir,
}

/// The memory that the program may take, in KiB: what the documentation of `MAX_FILE_BYTES` promises.
const MEMORY: &str = "ulimit -d $((1536 * 1024))";

const CASE: &str = "good.case.json";
const TRACE: &str = "good.official.json";

impl Scene {
    fn new() -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap() };
        for (file, name) in [("case", CASE), ("official", TRACE)] {
            let committed = format!("official/linear-no-bias.{file}.json");
            fs::copy(corpus::root().join(committed), scene.path(name)).unwrap();
        }
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// Every name in the folder with its content, where that is a file's.
    fn everything(&self) -> Vec<(PathBuf, Option<Vec<u8>>)> {
        let items = fs::read_dir(&self.folder).unwrap().map(|item| item.unwrap().path());
        let mut all: Vec<_> = items
            .map(|path| {
                let content = path.is_file().then(|| fs::read(&path).unwrap());
                (path, content)
            })
            .collect();
        all.sort();
        all
    }

    /// Runs the program in the folder.
    fn run(&self, arguments: &[&str]) -> Output {
        self.run_within(MEMORY, arguments)
    }

    /// Runs the program in the folder after the shell has set `limits`. A program that hangs is
    /// ended by `timeout`, with another exit code.
    fn run_within(&self, limits: &str, arguments: &[&str]) -> Output {
        Command::new("sh")
            .args(["-c", &format!("{limits}; exec timeout 60 \"$0\" \"$@\"")])
            .arg(env!("CARGO_BIN_EXE_conformance"))
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .unwrap()
    }

    /// Runs the program, which ends with one line about `file` that has all of `words`.
    fn assert_refused(&self, arguments: &[&str], file: &str, words: &[&str]) {
        assert_refusal(&self.run(arguments), arguments, file, words);
    }
}

/// Exit code 2, and on standard error `error: FILE: …` in one line that has all of `words`.
fn assert_refusal(output: &Output, arguments: &[&str], file: &str, words: &[&str]) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    let line = message.strip_suffix('\n').unwrap_or_else(|| panic!("{arguments:?}: {message:?}"));
    let rest = line.strip_prefix(&format!("error: {file}: "));
    let rest = rest.unwrap_or_else(|| panic!("{arguments:?}: {line:?} is not about {file}"));
    assert!(!rest.contains(char::is_control) && rest.len() < 1000, "{arguments:?}: {line:?}");
    assert!(words.iter().all(|word| rest.contains(word)), "{arguments:?}: {line}, not {words:?}");
}

/// Checks the trace of a case.
fn check<'a>(case: &'a str, trace: &'a str) -> [&'a str; 5] {
    ["check", "--case", case, "--trace", trace]
}

/// Writes the trace of a case.
fn trace<'a>(case: &'a str, out: &'a str) -> [&'a str; 5] {
    ["trace", "--case", case, "--out", out]
}
