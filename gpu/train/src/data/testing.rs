//! Small sets in the published formats, for tests.

use crate::data::checksum;
use crate::data::error::Error;
use crate::data::images::{Data, IMAGE_BYTES, Images};
use crate::data::layout::{Layout, Member, of};
use fixtures::run::Dataset;
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write;
use std::path::Path;
use tar::{EntryType, Header};

/// Number of images in a file.
const IMAGES: usize = 3;

/// A small set with the files of a published one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Set {
    Ten,
    Hundred,
}

impl Set {
    pub const ALL: [Set; 2] = [Set::Ten, Set::Hundred];

    fn published(self) -> &'static Layout {
        of(match self {
            Set::Ten => Dataset::Cifar10,
            Set::Hundred => Dataset::Cifar100,
        })
    }

    /// Image `image` of file `file` with its label, of which no byte is as another's nearby.
    fn record(self, file: usize, image: usize) -> (Vec<u8>, u8, Vec<u8>) {
        let number = file * IMAGES + image;
        let class = (number * 7 % self.published().classes) as u8;
        let label = match self {
            Set::Ten => vec![class],
            Set::Hundred => vec![class / 5 + 1, class],
        };
        let pixels = (0..IMAGE_BYTES).map(|at| ((at + 17 * number) % 253) as u8).collect();
        (label, class, pixels)
    }

    fn file(self, file: usize) -> Vec<u8> {
        (0..IMAGES)
            .flat_map(|image| {
                let (label, _, pixels) = self.record(file, image);
                [label, pixels].concat()
            })
            .collect()
    }

    fn names(self) -> Vec<String> {
        (0..self.published().classes).map(|class| format!("class_{class}")).collect()
    }

    /// Name and content of every file, in the folder.
    pub fn files(self) -> Vec<(String, Vec<u8>)> {
        let records = self.published().members().enumerate();
        let names = self.names().join("\n") + "\n\n";
        records
            .map(|(at, member)| (member.name.to_owned(), self.file(at)))
            .chain([(self.published().names.to_owned(), names.into_bytes())])
            .chain([("readme.html".to_owned(), b"<html>".to_vec())])
            .collect()
    }

    /// What the files hold.
    pub fn data(self) -> Data {
        let set = |files: std::ops::Range<usize>| {
            let mut images = Images::default();
            for (file, image) in files.flat_map(|file| (0..IMAGES).map(move |at| (file, at))) {
                let (_, class, pixels) = self.record(file, image);
                images.classes.push(class);
                images.pixels.extend(pixels);
            }
            images
        };
        let training_files = self.published().train.len();
        Data {
            label: self.published().label.to_owned(),
            classes: self.names(),
            train: set(0..training_files),
            test: set(training_files..training_files + 1),
        }
    }

    /// The layout of an archive of these files, with this content.
    pub fn layout(self, archive: &[u8]) -> Layout {
        let small = |members: &[Member], first: usize| -> &'static [Member] {
            let members = members.iter().enumerate().map(|(at, member)| Member {
                images: IMAGES,
                md5: md5(&self.file(first + at)).leak(),
                ..member.clone()
            });
            members.collect::<Vec<_>>().leak()
        };
        let published = self.published();
        Layout {
            bytes: archive.len() as u64,
            md5: md5(archive).leak(),
            train: small(published.train, 0),
            test: small(published.test, published.train.len()),
            ..published.clone()
        }
    }

    /// Writes the files into a folder, and gives their layout.
    pub fn write_folder(self, folder: &Path) -> Layout {
        for (name, content) in self.files() {
            fs::write(folder.join(name), content).unwrap();
        }
        self.layout(&[])
    }

    /// The archive, as published.
    pub fn archive(self) -> Vec<u8> {
        self.archive_with(|_| {})
    }

    /// The archive after a change of its members.
    pub fn archive_with(self, change: impl FnOnce(&mut Vec<Entry>)) -> Vec<u8> {
        let folder = self.published().folder;
        let mut entries = vec![Entry::new(&format!("{folder}/"), EntryType::Directory, b"")];
        entries.extend(self.files().iter().map(|(name, content)| {
            Entry::new(&format!("{folder}/{name}"), EntryType::Regular, content)
        }));
        change(&mut entries);
        compress(&tar(&entries))
    }
}

/// A member of an archive.
pub(super) struct Entry {
    pub name: String,
    pub kind: EntryType,
    pub content: Vec<u8>,
}

impl Entry {
    pub fn new(name: &str, kind: EntryType, content: &[u8]) -> Entry {
        Entry { name: name.to_owned(), kind, content: content.to_vec() }
    }
}

/// A tar of members, whatever their names.
pub(super) fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = Header::new_gnu();
        // Not `set_path`, which refuses names that lead elsewhere.
        header.as_old_mut().name[..entry.name.len()].copy_from_slice(entry.name.as_bytes());
        header.set_entry_type(entry.kind);
        header.set_size(entry.content.len() as u64);
        header.set_mode(0o644);
        if entry.kind == EntryType::Symlink {
            header.set_link_name("elsewhere").unwrap();
        }
        header.set_cksum();
        builder.append(&header, &entry.content[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(super) fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn md5(bytes: &[u8]) -> String {
    checksum::md5(bytes).unwrap()
}

/// Holds a message to its parts.
pub(super) fn says(error: &Error, parts: &[&str]) {
    let text = error.to_string();
    parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} in {text}"));
}
