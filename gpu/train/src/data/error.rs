//! Everything that can be wrong with images on disk.

use crate::data::problem::{ImageProblem, MemberProblem};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why there are no images to train on: which file, what was found, what is expected, what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Opening or reading failed.
    #[error("{}: cannot be read: {error}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Creating, writing or renaming failed.
    #[error("{}: cannot be written: {error}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// No images, and none could be downloaded.
    #[error(
        "{}: holds none of {}, and {reason}. Place {url} there yourself, or images of 32×32 pixels \
         as train/CLASS/NAME.png and test/CLASS/NAME.png",
        data_dir.display(), looked_for.join(", ")
    )]
    Absent {
        /// Where they were looked for.
        data_dir: PathBuf,
        /// As what, relative to that.
        looked_for: Vec<&'static str>,
        /// Where the archive is published.
        url: String,
        /// Why it was not downloaded.
        reason: String,
    },
    /// A published set and a stand-in in one directory.
    #[error(
        "{}: holds both {} and images in train or test; move one of them elsewhere",
        data_dir.display(), published.display()
    )]
    Ambiguous {
        /// The directory.
        data_dir: PathBuf,
        /// What is there of the published set.
        published: PathBuf,
    },
    /// A server has another file than the published one.
    #[error("{url}: has {found} bytes, the published file {expected}; use another server")]
    OtherFile {
        /// The address.
        url: String,
        /// Size of the published file.
        expected: u64,
        /// What the server says or sends.
        found: u64,
    },
    /// A file of a published set has another size than published.
    #[error(
        "{}: has {found} bytes, the published file {expected}; delete {} to fetch it anew",
        path.display(), delete.display()
    )]
    FileSize {
        /// The file.
        path: PathBuf,
        /// Size of the published file.
        expected: u64,
        /// Its size.
        found: u64,
        /// What is to be deleted.
        delete: PathBuf,
    },
    /// A file of a published set has another content than published.
    #[error(
        "{}: has the MD5 checksum {found}, the published file {expected}; delete {} to fetch it \
         anew",
        path.display(), delete.display()
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// MD5 of the published file.
        expected: &'static str,
        /// Its MD5.
        found: String,
        /// What is to be deleted.
        delete: PathBuf,
    },
    /// An archive that is cut off or damaged.
    #[error("{}: cannot be unpacked: {error}; delete it to fetch it anew", path.display())]
    Unpack {
        /// The archive.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// An archive that unpacks to more than the published one.
    #[error("{}: unpacks to more than {limit} bytes; delete it to fetch it anew", path.display())]
    UnpackedSize {
        /// The archive.
        path: PathBuf,
        /// More than this is not read.
        limit: u64,
    },
    /// A member of an archive that does not belong there.
    #[error("{}: its member {member} {problem}; delete the archive to fetch it anew", path.display())]
    Member {
        /// The archive.
        path: PathBuf,
        /// The member.
        member: String,
        /// What is wrong with it.
        problem: MemberProblem,
    },
    /// A class that the set does not have.
    #[error(
        "{}: image {image} has class {found}, there are only {classes}; delete {} to fetch it anew",
        path.display(), delete.display()
    )]
    Class {
        /// The file, in an archive below that.
        path: PathBuf,
        /// Number of the image in the file, from 0.
        image: usize,
        /// Its class.
        found: u8,
        /// Number of classes.
        classes: usize,
        /// What is to be deleted.
        delete: PathBuf,
    },
    /// A list of class names of another length than there are classes.
    #[error(
        "{}: names {found} classes, there are {expected}; delete {} to fetch it anew",
        path.display(), delete.display()
    )]
    ClassNames {
        /// The file, in an archive below that.
        path: PathBuf,
        /// What is to be deleted.
        delete: PathBuf,
        /// Number of classes.
        expected: usize,
        /// Number of names.
        found: usize,
    },
    /// A stand-in with one of its two sets only.
    #[error("{}: is no directory; a stand-in has both train and test", path.display())]
    SetMissing {
        /// The one that it lacks.
        path: PathBuf,
    },
    /// A stand-in whose two sets have different classes.
    #[error(
        "{}: train and test have different classes; only in train: {}; only in test: {}",
        data_dir.display(), list(only_train), list(only_test)
    )]
    ClassesDiffer {
        /// The stand-in.
        data_dir: PathBuf,
        /// Classes that test lacks.
        only_train: Vec<String>,
        /// Classes that train lacks.
        only_test: Vec<String>,
    },
    /// A stand-in with more or fewer classes than the set that it stands in for.
    #[error("{}: has {found} classes, {dataset} has {expected}", path.display())]
    ClassCount {
        /// The directory with the classes.
        path: PathBuf,
        /// What it stands in for.
        dataset: &'static str,
        /// Its number of classes.
        expected: usize,
        /// Number of classes in the directory.
        found: usize,
    },
    /// A class without images.
    #[error("{}: holds no images", path.display())]
    ClassEmpty {
        /// The directory of the class.
        path: PathBuf,
    },
    /// Something that has no place in a stand-in.
    #[error("{}: does not belong here; {expected}", path.display())]
    Foreign {
        /// Its path.
        path: PathBuf,
        /// What belongs there.
        expected: &'static str,
    },
    /// A label that a stand-in cannot bear.
    #[error(
        "{}: gives the images the label {label:?}; {problem}. Write another one into {}",
        path.display(), label_file.display()
    )]
    Label {
        /// What gives it: the label's file, or the directory that has none.
        path: PathBuf,
        /// The label.
        label: String,
        /// What is wrong with it.
        problem: &'static str,
        /// Where another one can be given.
        label_file: PathBuf,
    },
    /// An image that cannot be used.
    #[error("{}: {problem}{}", path.display(), others(*more))]
    Image {
        /// The first such file.
        path: PathBuf,
        /// What is wrong with it.
        problem: ImageProblem,
        /// How many files more are wrong.
        more: usize,
    },
}

impl Error {
    /// An [`Error::Read`] of this file.
    pub(super) fn read(path: &Path) -> impl Fn(io::Error) -> Error {
        move |error| Error::Read { path: path.to_owned(), error }
    }

    /// An [`Error::Write`] of this file.
    pub(super) fn write(path: &Path) -> impl Fn(io::Error) -> Error {
        move |error| Error::Write { path: path.to_owned(), error }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn others(more: usize) -> String {
    if more == 0 { String::new() } else { format!(" (and {more} more files are wrong)") }
}
