//! Event files of TensorBoard: scalars over steps, appended as they come.
//!
//! A file is a sequence of records, each `length: u64`, `crc(length): u32`, `data`,
//! `crc(data): u32`, little-endian; `crc` is CRC-32C, rotated and offset. The data is an `Event` in
//! protobuf's encoding, of which this writes:
//!
//! ```text
//! Event    1 wall_time: double   2 step: int64   3 file_version: string   5 summary: Summary
//! Summary  1 value: repeated Value
//! Value    1 tag: string   2 simple_value: float
//! ```
//!
//! The first event holds the version, every further one the scalars of a step.

use fixtures::Error;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Name of the file in a run's directory; TensorBoard reads what has `tfevents` in its name.
pub const EVENTS_FILE: &str = "events.out.tfevents.run";

const VERSION: &str = "brain.Event:2";

/// Appends to one event file.
#[derive(Debug)]
pub struct EventsWriter {
    path: PathBuf,
    file: File,
    /// Bytes of whole records.
    length: u64,
}

impl EventsWriter {
    /// Begins a file, in place of one that may be there. Times are seconds since 1970.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn create(path: impl AsRef<Path>, wall_time: f64) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        let file = File::create(&path).map_err(|error| write_error(&path, error))?;
        let mut writer = Self { path, file, length: 0 };
        let mut event = Message::default();
        event.double(1, wall_time);
        event.bytes(3, VERSION.as_bytes());
        writer.append(&event.0)?;
        Ok(writer)
    }

    /// Opens a file again and cuts it back to `length` bytes, as [`Self::sync`] returned them: what
    /// was written later will be written once more.
    ///
    /// # Errors
    /// If the system refuses, or the file is shorter.
    pub fn resume(path: impl AsRef<Path>, length: u64) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        let open = || {
            let file = OpenOptions::new().write(true).open(&path)?;
            let found = file.metadata()?.len();
            if found < length {
                let reason = format!("has {found} bytes, {length} were written before");
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
            }
            file.set_len(length)?;
            Ok(file)
        };
        let file = open().map_err(|error| write_error(&path, error))?;
        Ok(Self { path, file, length })
    }

    /// Appends the scalars of a step as one event; values are rounded to float32.
    ///
    /// # Errors
    /// If the system refuses; the file then ends where it ended before, if it can be cut back.
    pub fn scalars(
        &mut self,
        wall_time: f64,
        step: u64,
        values: &[(&str, f64)],
    ) -> Result<(), Error> {
        let mut summary = Message::default();
        for &(tag, value) in values {
            let mut scalar = Message::default();
            scalar.bytes(1, tag.as_bytes());
            scalar.float(2, value as f32);
            summary.bytes(1, &scalar.0);
        }
        let mut event = Message::default();
        event.double(1, wall_time);
        event.varint(2, step);
        event.bytes(5, &summary.0);
        self.append(&event.0)
    }

    /// Waits until everything is on the disk; returns the length of the file, to [`Self::resume`].
    ///
    /// # Errors
    /// If the system refuses.
    pub fn sync(&mut self) -> Result<u64, Error> {
        self.file.sync_all().map_err(|error| write_error(&self.path, error))?;
        Ok(self.length)
    }

    fn append(&mut self, event: &[u8]) -> Result<(), Error> {
        let record = record(event);
        self.append_with(record.len() as u64, |file| file.write_all(&record))
            .map_err(|error| write_error(&self.path, error))
    }

    /// Lets `write` append `length` bytes, and takes back what it wrote if it fails.
    fn append_with(
        &mut self,
        length: u64,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        // Again before writing: cutting back may have failed, too.
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        if let Err(error) = write(&mut self.file) {
            let _ = self.file.set_len(self.length); // `error` says why the event is missing
            return Err(error);
        }
        self.length += length;
        Ok(())
    }
}

fn write_error(path: &Path, error: io::Error) -> Error {
    Error::Write { path: path.to_owned(), error }
}

/// An event in its frame.
fn record(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(event.len() + 16);
    record.extend(length);
    record.extend(masked_crc(&length).to_le_bytes());
    record.extend(event);
    record.extend(masked_crc(event).to_le_bytes());
    record
}

/// CRC-32C, changed so that the checksum of data that holds checksums is still a good one.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A protobuf message in the making: every field is its key, `number << 3 | wire type`, and its
/// value.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, field: u64, value: u64) {
        self.raw_varint(field << 3);
        self.raw_varint(value);
    }

    fn double(&mut self, field: u64, value: f64) {
        self.raw_varint(field << 3 | 1);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.raw_varint(field << 3 | 2);
        self.raw_varint(value.len() as u64);
        self.0.extend(value);
    }

    fn float(&mut self, field: u64, value: f32) {
        self.raw_varint(field << 3 | 5);
        self.0.extend(value.to_le_bytes());
    }

    /// Seven bits a byte, the lowest first; the eighth says that more follow.
    fn raw_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests;
