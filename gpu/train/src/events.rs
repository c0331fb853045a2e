//! Event files of TensorBoard: scalars over steps, appended as they come.
//!
//! A file is a sequence of records, each `length: u64`, `crc(length): u32`, `data`,
//! `crc(data): u32`, little-endian; `crc` is CRC-32C, rotated and offset. The data is an `Event` in
//! protobuf's encoding. The first event holds the version, every further one the scalars of a step.
//!
//! `prost` encodes. No library serves for the file: none opens one again and cuts it back, and
//! `tensorboard-rs` 0.5 is given up, `tboard` 0.1 needs `protoc` to build, and `tfrecord` 0.15 writes
//! every scalar as an event of its own, with dependencies of 2023.

use fixtures::Error;
use prost::Message;
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
        let file_version = Some(VERSION.to_owned());
        writer.append(&Event { wall_time, file_version, ..Event::default() })?;
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
        let scalar = |&(tag, value): &(&str, f64)| Value {
            tag: tag.to_owned(),
            simple_value: Some(value as f32),
        };
        let summary = Some(Summary { value: values.iter().map(scalar).collect() });
        let step = step.cast_signed();
        self.append(&Event { wall_time, step, file_version: None, summary })
    }

    /// Waits until everything is on the disk; returns the length of the file, to [`Self::resume`].
    ///
    /// # Errors
    /// If the system refuses.
    pub fn sync(&mut self) -> Result<u64, Error> {
        self.file.sync_all().map_err(|error| write_error(&self.path, error))?;
        Ok(self.length)
    }

    fn append(&mut self, event: &Event) -> Result<(), Error> {
        let record = record(&event.encode_to_vec());
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

/// TensorFlow's message of this name, as far as it is needed.
#[derive(Clone, PartialEq, prost::Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

/// As [`Event`].
#[derive(Clone, PartialEq, prost::Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

/// As [`Event`].
#[derive(Clone, PartialEq, prost::Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

#[cfg(test)]
mod tests;
