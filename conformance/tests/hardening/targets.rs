//! Targets that cannot be written: nothing is left of the attempt.

use super::{CASE, Scene, TRACE, assert_refusal, check, trace};
use std::fs;
use std::os::unix::fs::symlink;

/// Every way to name a file that is to be written.
fn writers(target: &str) -> Vec<Vec<&str>> {
    let report = |option| [&check(CASE, TRACE)[..], &[option, target]].concat();
    let reports = ["--json", "--junit", "--badge", "--html"].map(report);
    let archive = vec!["corpus", "--archive", target];
    [&[trace(CASE, target).to_vec(), archive], &reports[..]].concat()
}

fn assert_unwritable(scene: &Scene, target: &str, words: &str) {
    let before = scene.everything();
    for arguments in writers(target) {
        scene.assert_refused(&arguments, target, &[words]);
        assert_eq!(scene.everything(), before, "{arguments:?}");
    }
}

#[test]
fn where_nothing_can_be_created() {
    let scene = Scene::new();
    fs::create_dir(scene.path("folder")).unwrap();
    symlink("loop", scene.path("loop")).unwrap();
    symlink("no/such/place", scene.path("dangling")).unwrap();
    let long = "x".repeat(300);
    for (target, words) in [
        ("no/such/place", "No such file or directory"),
        ("dangling", "No such file or directory"),
        ("folder", "directory"),
        ("good.case.json/inside", "Not a directory"),
        ("loop", ""),
        (&long, "File name too long"),
        // Not even root creates a file there.
        ("/sys/place", "Permission denied"),
        ("/proc/place", "No such file or directory"),
    ] {
        assert_unwritable(&scene, target, words);
    }
}

#[test]
fn on_a_full_device() {
    assert_unwritable(&Scene::new(), "/dev/full", "cannot be written: No space left on device");
}

#[test]
fn on_a_full_standard_output() {
    let arguments = check(CASE, TRACE);
    let output = Scene::new().run_within("exec >/dev/full", &arguments);
    assert_refusal(&output, &arguments, "standard output", &["No space left on device"]);
}

/// As a disk that is full after so many blocks of 512 bytes: the old file stays, or none.
#[test]
fn where_there_is_too_little_room() {
    let scene = Scene::new();
    scene.write("old", "what was there before");
    let before = scene.everything();
    // The signal that comes with the limit would end the process; ignored, writing fails.
    let limit = "trap '' XFSZ; ulimit -f 1";
    for target in ["old", "new"] {
        // A badge has fewer bytes.
        for arguments in writers(target).into_iter().filter(|all| !all.contains(&"--badge")) {
            let words = ["cannot be written: File too large"];
            let output = scene.run_within(limit, &arguments);
            assert_refusal(&output, &arguments, target, &words);
            assert_eq!(scene.everything(), before, "{arguments:?}");
        }
    }
}

/// Who asks for what cannot be written learns it before the work is done.
#[test]
fn reports_are_asked_for_where_they_can_be_written() {
    let scene = Scene::new();
    let output = scene.run(&[&check(CASE, TRACE)[..], &["--html", "no/such/place"]].concat());
    assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{output:?}");
}
