//! A file of JSON lines that grows, and can be cut back to where a checkpoint was taken.

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// An open file, at its end.
pub struct Lines {
    path: PathBuf,
    file: File,
    length: u64,
    /// Lines that are not written yet.
    pending: Vec<u8>,
}

/// Pending bytes that are written without being asked for.
const ENOUGH: usize = 1 << 16;

impl Lines {
    /// An empty file, or one cut back to `length`.
    ///
    /// # Errors
    /// If the system refuses, or the file is shorter than `length`.
    pub fn open(path: &Path, length: u64) -> Result<Self> {
        let open = || {
            let mut options = OpenOptions::new();
            let mut file = options.create(true).truncate(false).write(true).open(path)?;
            let found = file.metadata()?.len();
            if found > length {
                file.set_len(length)?;
            }
            file.seek(SeekFrom::Start(length))?;
            Ok::<_, std::io::Error>((file, found))
        };
        let (file, found) = open().with_context(|| format!("{}", path.display()))?;
        // What is no regular file, such as a pipe, has no length.
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        ensure!(
            found >= length || !is_file,
            "{}: has {found} bytes, but the checkpoint was saved at {length}; \
             it belongs to another run or was cut",
            path.display()
        );
        Ok(Self { path: path.to_owned(), file, length, pending: Vec::new() })
    }

    /// Adds a line.
    ///
    /// # Errors
    /// If the system refuses; the file then ends with the last whole line.
    pub fn push(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.pending, value)?;
        self.pending.push(b'\n');
        if self.pending.len() >= ENOUGH { self.flush() } else { Ok(()) }
    }

    /// Brings all lines to the disk; returns the length.
    ///
    /// # Errors
    /// As [`Lines::push`].
    pub fn sync(&mut self) -> Result<u64> {
        self.flush()?;
        let _ = self.file.sync_data(); // a pipe has nothing to sync
        Ok(self.length)
    }

    fn flush(&mut self) -> Result<()> {
        if let Err(error) = self.file.write_all(&self.pending) {
            // Half a line is worse than none.
            let _ = self.file.set_len(self.length);
            let _ = self.file.seek(SeekFrom::Start(self.length));
            return Err(error).with_context(|| format!("{}", self.path.display()));
        }
        self.length += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}
