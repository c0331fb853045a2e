//! The corpus has a name that its files bear out, and fits into an archive that anyone can use.

use conformance::archive;
use conformance::corpus::manifest::{self, Identity};
use fixtures::corpus;
use flate2::read::GzDecoder;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    corpus::root().ancestors().nth(2).unwrap().to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_list_is_that_of_the_files() {
    let listed = read(&corpus::root().join("SHA256SUMS"));
    let message = "run `conformance corpus --update` and raise VERSION";
    assert!(manifest::sums(&corpus::root()).unwrap() == listed, "{message}");
    assert_eq!(Identity::of(&corpus::root()).unwrap(), Identity::built_in());
}

/// A corpus with other files needs another version: the table of versions says which digest each
/// stands for.
#[test]
fn every_version_stands_for_one_digest() {
    let readme = read(&corpus::root().join("README.md"));
    let rows = readme.lines().skip_while(|line| !line.starts_with("| version |")).skip(2);
    let rows: Vec<(&str, &str)> = rows
        .map(|row| {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            (cells[1], cells[2])
        })
        .collect();
    let Identity { version, digest } = Identity::built_in();
    assert_eq!(rows.last(), Some(&(version.as_str(), digest.as_str())));
    let versions: BTreeSet<_> = rows.iter().map(|(version, _)| version).collect();
    assert_eq!(versions.len(), rows.len(), "a version comes twice");
}

#[test]
fn a_changed_file_or_version_is_another_corpus() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["smoke.case.json", "smoke.golden.json", "smoke.bounds.json"] {
        fs::copy(corpus::root().join("own").join(name), folder.path().join(name)).unwrap();
    }
    let identity = || Identity::of(folder.path()).unwrap();
    let first = identity();
    assert_eq!(first.version, "unversioned");
    fs::write(folder.path().join("VERSION"), "3.1.4\n").unwrap();
    assert_eq!(identity(), Identity { version: "3.1.4".to_owned(), ..first.clone() });
    let bounds = folder.path().join("smoke.bounds.json");
    fs::write(&bounds, read(&bounds) + "\n").unwrap();
    assert_ne!(identity().digest, first.digest);
    // The list is sha256sum's.
    let sums = manifest::sums(folder.path()).unwrap();
    fs::write(folder.path().join("SHA256SUMS"), &sums).unwrap();
    let checked = Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    assert!(sums.lines().map(|line| &line[66..]).is_sorted());
}

#[test]
fn the_archive_is_the_same_every_time_and_holds_a_whole_corpus() {
    let bytes = archive::build(&root()).unwrap();
    assert!(bytes == archive::build(&root()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    tar::Archive::new(GzDecoder::new(bytes.as_slice())).unpack(folder.path()).unwrap();
    let top = folder.path().join(format!("adaact-corpus-{}", Identity::built_in().version));
    assert_eq!(Identity::of(&top.join("corpus")).unwrap(), Identity::built_in());
    for file in
        ["LICENSE", "matrix.md", "porting.md", "spec.md", "corpus/SHA256SUMS", "corpus/README.md"]
    {
        assert!(top.join(file).is_file(), "{file}");
    }
    for folder in ["schemas", "ports"] {
        assert!(fs::read_dir(top.join(folder)).unwrap().next().is_some(), "{folder}");
    }
    let run = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(["run", "--subject", "reference", "--only", "smoke", "--corpus"])
        .arg(top.join("corpus"))
        .output()
        .unwrap();
    let printed = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success() && printed.contains(&Identity::built_in().to_string()));
}

/// Every entry belongs to nobody, has no time, and comes after the one before.
#[test]
fn nothing_in_the_archive_depends_on_the_machine() {
    let bytes = archive::build(&root()).unwrap();
    // gzip: no name, no time, an unknown system.
    assert_eq!((bytes[3], &bytes[4..8], bytes[9]), (0, &[0; 4][..], 255));
    let mut archive = tar::Archive::new(GzDecoder::new(bytes.as_slice()));
    let mut before = PathBuf::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(
            (header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()),
            (0, 0, 0)
        );
        assert_eq!(header.mode().unwrap(), 0o644);
        let path = entry.path().unwrap().into_owned();
        assert!(path > before, "{} after {}", path.display(), before.display());
        before = path;
    }
}

#[test]
fn the_command_says_which_corpus_it_is_and_writes_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("corpus.tar.gz");
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(["corpus", "--archive"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains(&format!("sha256 {}", Identity::built_in().digest)), "{printed}");
    assert!(fs::read(&file).unwrap() == archive::build(&root()).unwrap());
}
