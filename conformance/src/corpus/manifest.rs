//! Which corpus: its version, and a digest of every file that decides verdicts.
//!
//! `SHA256SUMS` lists the cases, golden traces and bounds of a corpus as `sha256sum` does, sorted by
//! path, and the digest of a corpus is that of this list. So it can be found without this program:
//! `sha256sum --check SHA256SUMS && sha256sum SHA256SUMS`.

use crate::bounds::digest::sha256;
pub use crate::report::Identity;
use anyhow::{Result, ensure};
use fixtures::{Error, corpus};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The list of the project's corpus, as it was when this program was built.
const SUMS: &str = include_str!("../../../fixtures/corpus/SHA256SUMS");

/// Its version.
const VERSION: &str = include_str!("../../../fixtures/corpus/VERSION");

impl Identity {
    /// The corpus that this program was built with.
    #[must_use]
    pub fn built_in() -> Self {
        Self { version: VERSION.trim().to_owned(), digest: sha256(SUMS.as_bytes()) }
    }

    /// The corpus in a folder, by its files as they are.
    ///
    /// # Errors
    /// If it is not a corpus, or a file cannot be read.
    pub fn of(folder: &Path) -> Result<Self> {
        let path = folder.join("VERSION");
        let version = match fixtures::read_text(&path) {
            Ok(text) => text.trim().to_owned(),
            Err(Error::Read { error, .. }) if error.kind() == ErrorKind::NotFound => {
                "unversioned".to_owned()
            }
            Err(error) => return Err(error.into()),
        };
        let is_word =
            (1..=64).contains(&version.len()) && version.bytes().all(|b| b.is_ascii_graphic());
        ensure!(is_word, "{}: not a version; write a single word, such as 1.0.0", path.display());
        Ok(Self { version, digest: sha256(sums(folder)?.as_bytes()) })
    }
}

/// Whether the corpus that this program was built with has a file of just this content.
#[must_use]
pub fn holds(content: &[u8]) -> bool {
    let sum = sha256(content);
    SUMS.lines().any(|line| line.split("  ").next() == Some(&sum))
}

/// The files of a corpus that decide verdicts, as paths in its folder, sorted.
///
/// # Errors
/// If it is no corpus.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in corpus::entries(folder)? {
        let paths = [entry.case_path, entry.golden_path, entry.bounds_path];
        let inside = |path: PathBuf| path.strip_prefix(folder).map(Path::to_owned);
        let there = paths.into_iter().filter(|path| path.exists()).map(inside);
        files.extend(there.collect::<Result<Vec<_>, _>>()?);
    }
    files.sort();
    Ok(files)
}

/// What `SHA256SUMS` of a corpus should say.
///
/// # Errors
/// If it is no corpus, or a file cannot be read.
pub fn sums(folder: &Path) -> Result<String> {
    let line = |file: PathBuf| {
        let path = folder.join(&file);
        let content = fixtures::read_whole(&path)?;
        Ok(format!("{}  {}\n", sha256(&content), file.display()))
    };
    files(folder)?.into_iter().map(line).collect()
}
