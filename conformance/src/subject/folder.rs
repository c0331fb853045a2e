//! The files of one call of a program.

use super::failure::{Cause, Written};
use super::messages::{last_line, plain};
use fixtures::{Case, MAX_FILE_BYTES, Trace};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A program that writes more messages than this many bytes is ended.
const MAX_MESSAGES: u64 = 64 << 20;

/// How many bytes of the end of a program's messages are reported.
const TOLD: u64 = 4 << 10;

/// The folder of one call.
pub enum Folder {
    /// Kept after the call.
    Kept(PathBuf),
    /// Deleted when this is dropped.
    Passing(TempDir),
}

impl Folder {
    pub fn new(keep: Option<&Path>, case: &Case, part: &str) -> io::Result<Self> {
        let Some(keep) = keep else {
            return tempfile::tempdir().map(Folder::Passing);
        };
        let path = keep.join(folder_name(&case.name)).join(part);
        fs::create_dir_all(&path)?;
        match fs::remove_file(path.join("trace.json")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::canonicalize(path).map(Folder::Kept),
        }
    }

    pub fn case(&self) -> PathBuf {
        self.path("case.json")
    }

    pub fn trace(&self) -> PathBuf {
        self.path("trace.json")
    }

    pub fn standard_error(&self) -> PathBuf {
        self.path("stderr.txt")
    }

    pub fn standard_output(&self) -> PathBuf {
        self.path("stdout.txt")
    }

    fn path(&self, name: &str) -> PathBuf {
        match self {
            Folder::Kept(path) => path.join(name),
            Folder::Passing(folder) => folder.path().join(name),
        }
    }

    /// Reads the trace that the program wrote.
    pub fn read_trace(&self, case: &Case) -> Result<Trace, Cause> {
        let path = self.trace();
        if fs::symlink_metadata(&path).is_err() {
            return Err(Cause::WritesNothing);
        }
        Trace::read(&path, case).map_err(|error| {
            // The path means nothing once the folder is gone.
            let error = error.to_string().replace(&format!("{}: ", path.display()), "");
            Cause::WritesNoTrace { error }
        })
    }

    /// Which file has grown too large, and how large it may be.
    pub fn flooded(&self) -> Option<(Written, u64)> {
        let size = |path| fs::metadata(path).map_or(0, |file| file.len());
        [
            (self.trace(), Written::Trace, MAX_FILE_BYTES),
            (self.standard_error(), Written::StandardError, MAX_MESSAGES),
            (self.standard_output(), Written::StandardOutput, MAX_MESSAGES),
        ]
        .into_iter()
        .find_map(|(path, what, limit)| (size(path) > limit).then_some((what, limit)))
    }

    /// The end of standard error, or of standard output where that is empty.
    pub fn messages(&self) -> String {
        let end = end(&self.standard_error());
        if end.trim().is_empty() { self::end(&self.standard_output()) } else { end }
    }

    /// The last line of standard error that is the program's own.
    pub fn reason(&self) -> String {
        let end = end(&self.standard_error());
        let lines: Vec<_> = end.lines().collect();
        let last = last_line(&lines).map(|line| lines[line].trim());
        last.unwrap_or("without a word on standard error").to_owned()
    }
}

/// The longest name of a case that is a folder's as it is.
const LONGEST: usize = 200;

/// A folder for a case: no two names have the same. What a folder's name cannot hold is written as
/// `%2f`; the end of a long name as a hash.
fn folder_name(case: &str) -> String {
    let mut name = String::new();
    for (at, c) in case.char_indices() {
        match c {
            '/' | '\\' | '%' => name += &format!("%{:02x}", u32::from(c)),
            // No `.`, no `..`, nothing hidden.
            '.' if at == 0 => name += "%2e",
            _ => name.push(c),
        }
    }
    if name.len() > LONGEST {
        let kept = name.floor_char_boundary(LONGEST);
        name.truncate(kept);
        let hash = Sha256::digest(case);
        name += "-";
        hash.iter().take(8).for_each(|byte| name += &format!("{byte:02x}"));
    }
    name
}

/// The end of a file of messages, as plain text.
fn end(path: &Path) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        file.seek(SeekFrom::Start(size.saturating_sub(TOLD)))?;
        let mut end = Vec::new();
        file.take(TOLD).read_to_end(&mut end)?;
        Ok(end)
    };
    plain(&String::from_utf8_lossy(&read().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_case_has_a_folder_of_its_own() {
        let long = "x".repeat(300);
        let names = [
            "sub/a",
            "sub_a",
            "sub\\a",
            "sub%a",
            "sub%2fa",
            "a..b",
            "a_b",
            "..",
            ".",
            "%2e",
            "...",
            &long,
            &format!("{long}y"),
            &format!("{long}é"),
            &long[..200],
            &long[..201],
        ];
        let folders: BTreeSet<_> = names.iter().map(|name| folder_name(name)).collect();
        assert_eq!(folders.len(), names.len(), "{folders:?}");
        for folder in folders {
            assert!(!folder.contains(['/', '\\']) && !folder.starts_with('.'), "{folder}");
            assert!(folder.len() < 255, "{folder}");
        }
        assert_eq!(folder_name("mid-run"), "mid-run");
    }
}
