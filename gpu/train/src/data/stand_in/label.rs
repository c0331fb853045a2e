//! What a stand-in is called.

use crate::data::error::Error;
use fixtures::run::Dataset;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The file in a stand-in that holds its label, in one line.
const LABEL_FILE: &str = "LABEL";

/// The longest label.
const MAX_BYTES: usize = 64;

/// The label in the file, or else the directory's name.
pub(super) fn of(data_dir: &Path) -> Result<String, Error> {
    let label_file = data_dir.join(LABEL_FILE);
    let (path, label) = match read(&label_file) {
        Ok(text) => (label_file.clone(), text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            (data_dir.to_owned(), directory_name(data_dir)?)
        }
        Err(error) => return Err(Error::read(&label_file)(error)),
    };
    match problem(&label) {
        None => Ok(label),
        Some(problem) => Err(Error::Label { path, label, problem, label_file }),
    }
}

fn read(path: &Path) -> io::Result<String> {
    // Asked before opening: opening a pipe waits for a writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut text = Vec::new();
    // Of a longer one enough is read to find that it is too long.
    File::open(path)?.take(4 * MAX_BYTES as u64).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    // Some editors put a byte order mark in front.
    Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
}

/// The name by which the directory is given, or where it has none, such as `.`, its own.
fn directory_name(data_dir: &Path) -> Result<String, Error> {
    let own;
    let name = match data_dir.file_name() {
        Some(name) => name,
        None => {
            own = fs::canonicalize(data_dir).map_err(Error::read(data_dir))?;
            own.file_name().unwrap_or_default()
        }
    };
    Ok(name.to_string_lossy().into_owned())
}

fn problem(label: &str) -> Option<&'static str> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if Dataset::ALL.iter().any(|dataset| label.eq_ignore_ascii_case(dataset.name())) {
        Some("only the published set has it, not a stand-in")
    } else if label.is_empty() || label.len() > MAX_BYTES || !label.chars().all(plain) {
        Some("a label is 1 to 64 letters, digits, dots, dashes and underscores")
    } else {
        None
    }
}
