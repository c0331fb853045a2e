//! Runs of the program on a few small images.

use image::{Rgb, RgbImage};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use train::archive::Archive;

/// Images of a class to train on; ten classes in batches of 8 make 4 steps, the last of 6.
const TRAIN_PER_CLASS: usize = 3;
const TEST_PER_CLASS: usize = 1;
/// Steps of an epoch.
pub const STEPS: u64 = 4;

/// A directory with images and the runs on them.
pub struct Workplace {
    root: TempDir,
}

impl Workplace {
    /// Draws the images.
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(21);
        for (set, count) in [("train", TRAIN_PER_CLASS), ("test", TEST_PER_CLASS)] {
            for class in 0..10 {
                let folder = root.path().join(format!("tiny/{set}/class{class}"));
                fs::create_dir_all(&folder).unwrap();
                for number in 0..count {
                    let pixel = |_, _| Rgb(random.random());
                    let image = RgbImage::from_fn(32, 32, pixel);
                    image.save(folder.join(format!("{number}.png"))).unwrap();
                }
            }
        }
        Self { root }
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The program with its standard flags, in batches of 8 on one thread; runs go to `out`.
    pub fn cifar(&self, out: &str, flags: &str) -> Command {
        self.cifar_on("tiny", out, flags)
    }

    /// As [`Workplace::cifar`], on other images.
    pub fn cifar_on(&self, images: &str, out: &str, flags: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cifar"));
        command
            .current_dir(self.root.path())
            .args(["--device", "cpu", "--threads", "1", "--data_dir", images, "--out", out])
            .args(["--batchsize", "8"])
            .args(flags.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The only run in `out`.
    pub fn run_directory(&self, out: &str) -> PathBuf {
        let mut runs = fs::read_dir(self.path(out)).unwrap();
        let run = runs.next().expect("a run").unwrap().path();
        assert!(runs.next().is_none(), "one run in {out}");
        run
    }
}

/// Standard error, of a program that ended with `code`.
pub fn ends_with(command: &mut Command, code: i32) -> String {
    finished(command.spawn().unwrap(), code)
}

/// As [`ends_with`], of a program that was started before.
pub fn finished(child: Child, code: i32) -> String {
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let (stdout, stderr) = [stdout, stderr].map(|text| String::from_utf8(text).unwrap()).into();
    assert_eq!(status.code(), Some(code), "{stdout}{stderr}");
    stderr
}

/// JSON lines, without the fields that tell times.
pub fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'), "whole lines: {text}");
    let parse = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        let fields = value.as_object_mut().unwrap();
        fields.retain(|name, _| !name.ends_with("_seconds"));
        value
    };
    text.lines().map(parse).collect()
}

/// Everything that a run leaves behind and that has to be the same, however often it was stopped.
pub fn left_behind(run: &Path) -> (Vec<Value>, Archive, Archive) {
    let metrics = lines(&run.join("metrics.jsonl"));
    let [last, best] = ["last", "best"]
        .map(|name| Archive::read(&run.join(format!("{name}.safetensors"))).unwrap());
    (metrics, last, best)
}

/// Asserts that two runs left the same behind, to the bit.
pub fn assert_same(one: &Path, other: &Path) {
    let ((metrics, last, best), (other_metrics, other_last, other_best)) =
        (left_behind(one), left_behind(other));
    assert_eq!(metrics, other_metrics);
    assert_eq!(last.tensors, other_last.tensors, "last");
    assert_eq!(best.tensors, other_best.tensors, "best");
}
