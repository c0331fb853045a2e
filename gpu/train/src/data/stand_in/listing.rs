//! What a stand-in holds, before any image is opened.

use super::label;
use crate::data::checksum;
use crate::data::error::Error;
use fixtures::run::Dataset;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The directories of the two sets.
const SETS: [&str; 2] = ["train", "test"];

/// Whether there is a stand-in, or half of one.
pub(in crate::data) fn is_in(data_dir: &Path) -> Result<bool, Error> {
    for set in SETS {
        let path = data_dir.join(set);
        if path.try_exists().map_err(Error::read(&path))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The files of a stand-in, in order.
pub(super) struct Listing {
    pub label: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    pub train: Vec<Entry>,
    pub test: Vec<Entry>,
}

/// An image.
pub(super) struct Entry {
    pub path: PathBuf,
    pub class: u8,
    /// Name, size and time of the last change; another file has another one.
    state: Vec<u8>,
}

impl Listing {
    /// Lists a stand-in for `dataset`.
    pub fn of(data_dir: &Path, dataset: Dataset) -> Result<Listing, Error> {
        let label = label::of(data_dir)?;
        let [train, test] = SETS.map(|set| data_dir.join(set));
        let (classes, test_classes) = (classes(&train)?, classes(&test)?);
        if classes != test_classes {
            let lacking = |all: &[String], lacks: &[String]| {
                all.iter().filter(|name| !lacks.contains(name)).cloned().collect()
            };
            return Err(Error::ClassesDiffer {
                data_dir: data_dir.to_owned(),
                only_train: lacking(&classes, &test_classes),
                only_test: lacking(&test_classes, &classes),
            });
        }
        let (expected, found) = (dataset.classes(), classes.len());
        if found != expected {
            let (path, dataset) = (train, dataset.name());
            return Err(Error::ClassCount { path, dataset, expected, found });
        }
        let (train, test) = (images(&train, &classes)?, images(&test, &classes)?);
        Ok(Listing { label, classes, train, test })
    }

    /// SHA-256 of names, sizes and times of all images, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for set in [&self.train, &self.test] {
            hash.update((set.len() as u64).to_le_bytes());
            set.iter().for_each(|entry| hash.update(&entry.state));
        }
        checksum::hexadecimal(&hash.finalize())
    }
}

/// The directories of a set, each a class.
fn classes(set: &Path) -> Result<Vec<String>, Error> {
    if !set.is_dir() {
        return Err(Error::SetMissing { path: set.to_owned() });
    }
    let foreign = |path: PathBuf| Error::Foreign { path, expected: "only classes do, directories" };
    let mut classes = Vec::new();
    for name in names(set)? {
        let path = set.join(&name);
        match name.into_string() {
            Ok(name) if path.is_dir() => classes.push(name),
            _ => return Err(foreign(path)),
        }
    }
    Ok(classes)
}

/// The images of a set: the first of every class, the second of every class, …
///
/// So batches in the given order hold all classes, as those of the published archives do.
fn images(set: &Path, classes: &[String]) -> Result<Vec<Entry>, Error> {
    let mut images = Vec::new();
    for (class, name) in (0..=u8::MAX).zip(classes) {
        let directory = set.join(name);
        let files = names(&directory)?;
        if files.is_empty() {
            return Err(Error::ClassEmpty { path: directory });
        }
        for (place, file) in files.into_iter().enumerate() {
            images.push((place, entry(directory.join(&file), class, name)?));
        }
    }
    images.sort_by_key(|&(place, _)| place); // stable: classes stay in order
    Ok(images.into_iter().map(|(_, entry)| entry).collect())
}

fn entry(path: PathBuf, class: u8, class_name: &str) -> Result<Entry, Error> {
    let metadata = fs::metadata(&path).map_err(Error::read(&path))?;
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    if !metadata.is_file() || !["png", "jpg", "jpeg"].iter().any(|&image| extension == image) {
        return Err(Error::Foreign { path, expected: "only images do: .png, .jpg and .jpeg" });
    }
    let mut state = Vec::new();
    for name in [class_name.as_bytes(), path.file_name().unwrap_or_default().as_bytes()] {
        state.extend((name.len() as u64).to_le_bytes());
        state.extend(name);
    }
    state.extend(metadata.len().to_le_bytes());
    state.extend(metadata.mtime().to_le_bytes());
    state.extend(metadata.mtime_nsec().to_le_bytes());
    Ok(Entry { path, class, state })
}

/// The names in a directory, in order, without those that begin with a dot.
fn names(directory: &Path) -> Result<Vec<OsString>, Error> {
    let entries = fs::read_dir(directory).map_err(Error::read(directory))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(Error::read(directory))?.file_name();
        if !name.as_bytes().starts_with(b".") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
