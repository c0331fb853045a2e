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
    /// Name of the run's own directory.
    pub own: String,
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
        let beside = fs::canonicalize(directory).and_then(|directory| {
            found.own = name(&directory);
            siblings(&directory)
        });
        let beside = beside.unwrap_or_else(|error| {
            found.unreadable.push(Error::Read { path: directory.to_owned(), error });
            Vec::new()
        });
        for path in beside {
            match comparable(&path, &this.run.settings) {
                Ok(Some(record)) => found.runs.push((name(&path), record)),
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
fn siblings(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(parent) = directory.parent() else {
        return Ok(Vec::new());
    };
    let entries: Vec<_> = fs::read_dir(parent)?.collect::<io::Result<_>>()?;
    let is_this = |path: &Path| fs::canonicalize(path).is_ok_and(|path| path == directory);
    let is_other_run = |path: &PathBuf| path.join(RUN_FILE).exists() && !is_this(path);
    let mut paths: Vec<_> =
        entries.into_iter().map(|entry| entry.path()).filter(is_other_run).collect();
    paths.sort();
    Ok(paths)
}

fn name(directory: &Path) -> String {
    directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
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
