//! `cifar --trace_every`, held against the oracle: a step from inside real training.

use image::RgbImage;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A run of two steps of ResNet-20 on eight images each; the second step is written down.
fn traced(flags: &str) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    for number in 0..20_u32 {
        for set in ["train", "test"] {
            let folder = place.path().join(format!("images/{set}/class{}", number % 10));
            fs::create_dir_all(&folder).unwrap();
            let pixel = |x, y| {
                let wave =
                    x * (number % 7 + 2) * 5 + y * (number % 10 * 5 + 3) + x * y * (number % 3);
                image::Rgb([wave, wave * 2 + 40, wave * 3 + number].map(|c| (c % 256) as u8))
            };
            let image = RgbImage::from_fn(32, 32, pixel);
            image.save(folder.join(format!("{number:02}.png"))).unwrap();
        }
    }
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo tells this test about its own package would make it build some crates anew.
    for (name, _) in std::env::vars() {
        let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "OUT_DIR"];
        if own.iter().any(|prefix| name.starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
    let run = cargo
        .args(["run", "--quiet", "-p", "train", "--bin", "cifar", "--"])
        .args(["--optim", "adaact", "--weight_decay", "0.002", "--batchsize", "8"])
        .args(["--device", "cpu", "--steps", "2", "--trace_every", "2"])
        .args(flags.split_whitespace())
        .arg("--data_dir")
        .arg(place.path().join("images"))
        .arg("--out")
        .arg(place.path().join("runs"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let run = fs::read_dir(place.path().join("runs")).unwrap().next().unwrap().unwrap().path();
    let pair = run.join("traces/resnet20-step-000002");
    (place, pair)
}

/// `conformance check` of a pair: its exit code and what it says.
fn check(pair: &Path) -> (Option<i32>, String) {
    let file = |kind| pair.with_extension(format!("{kind}.json"));
    let check = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .arg("check")
        .arg("--case")
        .arg(file("case"))
        .arg("--trace")
        .arg(file("trace"))
        .output();
    let Output { status, stdout, stderr } = check.unwrap();
    assert!(stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    (status.code(), String::from_utf8(stdout).unwrap())
}

#[track_caller]
fn assert_says(verdict: &str, words: &[&str]) {
    for word in words {
        assert!(verdict.contains(word), "no {word:?} in: {verdict}");
    }
}

#[test]
fn a_step_in_float64_conforms_in_every_stage() {
    let (_place, pair) = traced("--dtype float64");
    let (code, verdict) = check(&pair);
    assert_eq!(code, Some(0), "{verdict}");
    let words = [
        "conforms: case resnet20-step-000002, 1 steps, float64",
        "every step from the trace's own state",
        "also stage by stage: ema, scale, momentum, update, parameters",
        "bounds: estimated",
    ];
    assert_says(&verdict, &words);
    assert!(!verdict.contains("not judged"), "{verdict}");
}

#[test]
fn of_a_step_in_float32_the_network_is_reported() {
    let (_place, pair) = traced("--dtype float32");
    let (code, verdict) = check(&pair);
    assert_eq!(code, Some(0), "{verdict}");
    assert_says(
        &verdict,
        &["float32", "also stage by stage: ema, scale, momentum", "reported but not judged"],
    );

    // A wrong scale, in the first layer that the file has.
    let path = pair.with_extension("trace.json");
    let mut trace: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let scale = &mut trace["steps"][0]["layers"]["conv1"]["scale"][0];
    *scale = (scale.as_f64().unwrap() * 1.0001).into();
    fs::write(&path, trace.to_string()).unwrap();
    let (code, verdict) = check(&pair);
    assert_eq!(code, Some(1), "{verdict}");
    assert_says(
        &verdict,
        &["layer conv1, stage scale, index [0]", "not searched for: the case is too large"],
    );
}

#[test]
fn of_some_layers_the_rest_is_not_judged() {
    let (_place, pair) = traced("--dtype float64 --trace_layers layer3_*");
    let (code, verdict) = check(&pair);
    assert_eq!(code, Some(0), "{verdict}");
    assert_says(&verdict, &["the whole trajectory", "not judged, because a trace leaves them out"]);
}
