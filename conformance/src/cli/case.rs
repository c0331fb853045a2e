//! A case, by its file or by its name.

use anyhow::{Context, Result};
use fixtures::corpus;
use std::path::{Path, PathBuf};

/// The file of a case that is given as a path, or as the name of a case of the corpus.
///
/// A path that leads nowhere is returned as it is: the reader of the file reports it.
pub fn case_path(given: &Path) -> Result<PathBuf> {
    let is_name = given.components().count() == 1 && given.extension().is_none();
    if given.exists() || !is_name {
        return Ok(given.to_owned());
    }
    let root = corpus::root();
    let entries = corpus::entries(&root)?;
    let entry = entries.into_iter().find(|entry| Path::new(&entry.name) == given);
    let unknown = || {
        let (given, root) = (given.display(), root.display());
        format!("{given}: neither a file nor the name of a case; {root} has the cases")
    };
    entry.map(|entry| entry.case_path).with_context(unknown)
}
