//! A small stand-in: ten classes with two training images and one test image each.

use fixtures::run::Dataset;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::cell::RefCell;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use train::data::{self, Data, Error, Note, Options, SIDE, Source};

pub const CLASSES: [&str; 10] =
    ["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay"];

/// An image of which no two pixels and no two channels look alike, and none another's number.
pub fn picture(number: u8) -> RgbImage {
    RgbImage::from_fn(SIDE as u32, SIDE as u32, |x, y| {
        Rgb([(8 * x + y) as u8, (3 * y) as u8 ^ number, 255 - (7 * x) as u8])
    })
}

pub fn encode(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The number of the image in a class's file `a`, `b` or `c`.
pub fn number(file: u8, class: u8) -> u8 {
    10 * (file - b'a') + class
}

/// A stand-in in a directory of its own.
pub struct Scene {
    _folder: tempfile::TempDir,
    pub data_dir: PathBuf,
    notes: RefCell<Vec<Note>>,
}

impl Scene {
    /// A stand-in that is named `birds`.
    pub fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("birds");
        for (class, name) in CLASSES.iter().enumerate() {
            for (set, files) in [("train", &["b", "a"][..]), ("test", &["c"])] {
                fs::create_dir_all(data_dir.join(set).join(name)).unwrap();
                for file in files {
                    let picture = picture(number(file.as_bytes()[0], class as u8));
                    let content = encode(picture, ImageFormat::Png);
                    fs::write(data_dir.join(format!("{set}/{name}/{file}.png")), content).unwrap();
                }
            }
        }
        Scene { _folder: folder, data_dir, notes: RefCell::default() }
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.data_dir.join(path)
    }

    pub fn cache(&self) -> PathBuf {
        self.path(".adaact-cache")
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(path), content).unwrap();
    }

    pub fn load(&self) -> Result<Data, Error> {
        self.load_as(Dataset::Cifar10, &self.data_dir)
    }

    pub fn load_as(&self, dataset: Dataset, data_dir: &Path) -> Result<Data, Error> {
        let note = |note: &Note| self.notes.borrow_mut().push(note.clone());
        data::load(dataset, data_dir, &Options { source: Source::Nowhere, note: &note })
    }

    /// What has been told since the last call, without that images are decoded.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = self.notes.take();
        notes.retain(|note| !matches!(note, Note::Decoding { .. }));
        notes
    }

    /// Loads and expects a refusal that says all of `parts`.
    pub fn refused(&self, parts: &[&str]) {
        says(&self.load().unwrap_err(), parts);
    }
}

pub fn says(error: &Error, parts: &[&str]) {
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} in {text}"));
}
