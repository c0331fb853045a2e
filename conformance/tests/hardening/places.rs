//! Paths that lead to no regular file, and those that lead to one by a detour.

use super::{CASE, Scene, TRACE, check, trace};
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

/// What makes a thing at a path, and what is said of it.
type Thing = (fn(&Path), &'static str);

/// What can lie where a file should: how it is made, and how it is called. Reading from it would
/// fail, wait for a writer, or never end.
const PRESENT: [Thing; 7] = [
    (|path| fs::create_dir(path).unwrap(), "is a directory, not a regular file"),
    (make_pipe, "is a pipe, not a regular file"),
    (|path| drop(UnixListener::bind(path).unwrap()), "is a device or socket, not a regular file"),
    (|path| symlink("/dev/zero", path).unwrap(), "is a device or socket, not a regular file"),
    (|path| symlink(".", path).unwrap(), "is a directory, not a regular file"),
    (link_to_pipe, "is a pipe, not a regular file"),
    (make_large, "has 134217729 bytes; files of at most 134217728 bytes are read"),
];

/// What is as good as not there.
const ABSENT: [Thing; 3] = [
    (|_| (), "cannot be read: No such file or directory"),
    (|path| symlink("nowhere", path).unwrap(), "cannot be read: No such file or directory"),
    (|path| symlink(path, path).unwrap(), "cannot be read: Too many levels of symbolic links"),
];

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn link_to_pipe(path: &Path) {
    let pipe = path.with_file_name("a-pipe");
    if !pipe.exists() {
        make_pipe(&pipe);
    }
    symlink(pipe, path).unwrap();
}

/// A hole: it takes no space.
fn make_large(path: &Path) {
    fs::File::create(path).unwrap().set_len(fixtures::MAX_FILE_BYTES + 1).unwrap();
}

fn remove(path: &Path) {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => fs::remove_dir(path).unwrap(),
        Ok(_) => fs::remove_file(path).unwrap(),
        Err(_) => {}
    }
}

/// Puts every one of `things` at `name` in turn, and expects that it is refused there.
fn assert_all_refused(scene: &Scene, name: &str, things: &[Thing], arguments: &[&str]) {
    for (make, words) in things {
        remove(&scene.path(name));
        make(&scene.path(name));
        scene.assert_refused(arguments, name, &[words]);
    }
    remove(&scene.path(name));
}

#[test]
fn what_is_named_has_to_be_a_file() {
    let scene = Scene::new();
    let odd = "odd.case.json";
    let expected = [&check(CASE, TRACE)[..], &["--expected", odd]].concat();
    let explain = |case| ["explain", case, "--step", "0", "--layer", "fc", "--index", "0,0"];
    let traced = [&explain(CASE)[..], &["--trace", odd]].concat();
    let roles = [&trace(odd, "out.json")[..], &check(odd, TRACE), &check(CASE, odd), &expected];
    for arguments in roles.into_iter().chain([&traced[..]]) {
        assert_all_refused(&scene, odd, &PRESENT, arguments);
        assert_all_refused(&scene, odd, &ABSENT, arguments);
    }
    assert_all_refused(&scene, odd, &PRESENT, &explain(odd));
    let list = ["run", "--subject", "false", "--expected-failures", odd];
    assert_all_refused(&scene, odd, &PRESENT, &list);
    assert_all_refused(&scene, odd, &PRESENT, &["paper", "--runs", ".", "--claims", odd]);
}

/// Nobody names the bounds beside a case, or the files of a corpus; they are found.
#[test]
fn what_is_found_has_to_be_a_file() {
    let scene = Scene::new();
    assert_all_refused(&scene, "good.bounds.json", &PRESENT, &check(CASE, TRACE));

    let corpus = ["run", "--corpus", ".", "--subject", "reference"];
    for name in ["./good.bounds.json", "./VERSION"] {
        assert_all_refused(&scene, name, &PRESENT, &corpus);
    }
    // A folder that is called as a case may hold cases.
    for (name, things) in [(CASE, &PRESENT[1..]), (TRACE, &PRESENT)] {
        fs::rename(scene.path(name), scene.path("kept")).unwrap();
        assert_all_refused(&scene, &format!("./{name}"), things, &corpus);
        fs::rename(scene.path("kept"), scene.path(name)).unwrap();
    }
}

#[test]
fn links_to_files_are_followed_and_folders_are_not() {
    let scene = Scene::new();
    symlink(CASE, scene.path("first.json")).unwrap();
    symlink(scene.path("first.json"), scene.path("second.json")).unwrap();
    let checked = scene.run(&check("second.json", TRACE));
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");

    fs::create_dir(scene.path("corpus")).unwrap();
    for name in [CASE, TRACE] {
        symlink(scene.path(name), scene.path("corpus").join(name)).unwrap();
    }
    symlink(".", scene.path("corpus/again")).unwrap();
    let run = scene.run(&["run", "--corpus", "corpus", "--subject", "reference"]);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert!(String::from_utf8_lossy(&run.stdout).contains("2 replays: 2 conform"), "{run:?}");
}

/// Names come from archives, too.
#[test]
fn a_name_is_printed_in_one_line() {
    let scene = Scene::new();
    let named = "\u{1b}[31ma\nb.json";
    scene.write(named, scene.text(TRACE));
    let shown = "\u{fffd}[31ma\u{fffd}b.json";
    scene.assert_refused(&trace(named, "out.json"), shown, &["schema: unknown variant"]);
    scene.assert_refused(
        &["run", "--corpus", ".", "--subject", "reference"],
        &format!("./{shown}"),
        &["belongs to no NAME.case.json"],
    );
    remove(&scene.path(named));
    for version in ["1.0\n2.0", "\u{1b}[31m1.0", "", "x x"] {
        scene.write("VERSION", version);
        let words = ["not a version; write a single word, such as 1.0.0"];
        let corpus = ["run", "--corpus", ".", "--subject", "reference"];
        scene.assert_refused(&corpus, "./VERSION", &words);
    }
}
