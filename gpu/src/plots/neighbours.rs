//! The runs beside a run that it may be compared with.

use fixtures::Error;
use fixtures::run::{RUN_FILE, Record, Run, Settings};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// More than these would hide each other.
pub(super) const MOST: usize = 8;

/// Runs of the same model on the same images.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// With the names of their directories, at most [`MOST`]; those of the same run number first,
    /// then by name.
    pub runs: Vec<(String, Record)>,
    /// How many more there are.
    pub left_out: usize,
    /// Why others could not be read.
    pub unreadable: Vec<Error>,
}

impl Neighbours {
    /// Looks into the directories beside `directory`, in which `this` lies.
    pub fn collect(directory: &Path, this: &Record) -> Self {
        let mut found = Self::default();
        let beside = siblings(directory).unwrap_or_else(|error| {
            found.unreadable.push(Error::Read { path: directory.to_owned(), error });
            Vec::new()
        });
        for (name, path) in beside {
            match comparable(&path, &this.run.settings) {
                Ok(Some(record)) => found.runs.push((name, record)),
                Ok(None) => {}
                Err(error) => found.unreadable.push(error),
            }
        }
        // Stable: within both halves they stay sorted by name.
        found.runs.sort_by_key(|(_, record)| record.run.settings.run != this.run.settings.run);
        found.left_out = found.runs.len().saturating_sub(MOST);
        found.runs.truncate(MOST);
        found
    }
}

/// The other directories of the same parent that hold a run, by name.
fn siblings(directory: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let directory = fs::canonicalize(directory)?;
    let Some(parent) = directory.parent() else {
        return Ok(Vec::new());
    };
    let mut siblings = Vec::new();
    for entry in fs::read_dir(parent)? {
        let path = entry?.path();
        let is_this = fs::canonicalize(&path).is_ok_and(|path| path == directory);
        if let Some(name) = path.file_name()
            && !is_this
            && path.join(RUN_FILE).exists()
        {
            siblings.push((name.to_string_lossy().into_owned(), path));
        }
    }
    siblings.sort();
    Ok(siblings)
}

/// The run at `path`, if there is something to compare.
fn comparable(path: &Path, this: &Settings) -> Result<Option<Record>, Error> {
    let Settings { images, model, .. } = Run::read(path)?.settings;
    if (images, model) != (this.images.clone(), this.model) {
        return Ok(None);
    }
    let record = Record::read(path)?;
    Ok((!record.epochs.is_empty()).then_some(record))
}
