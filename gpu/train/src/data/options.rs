//! Where images come from, and what is told on the way.

use std::path::PathBuf;
use thiserror::Error;

/// Where the archives are published.
pub const PUBLISHED_AT: &str = "https://www.cs.toronto.edu/~kriz";

/// Where a missing archive is downloaded from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// From this address, a slash and the archive's name.
    Url(String),
    /// A missing archive is an error.
    Nowhere,
}

impl Default for Source {
    fn default() -> Self {
        Source::Url(PUBLISHED_AT.to_owned())
    }
}

/// How images are loaded.
pub struct Options<'n> {
    /// Where a missing archive is downloaded from.
    pub source: Source,
    /// Is told what is worth knowing; the default writes it to standard error.
    pub note: &'n dyn Fn(&Note),
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { source: Source::default(), note: &|note| eprintln!("{note}") }
    }
}

/// Something that happened on the way and is no error.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Note {
    /// A download begins, or goes on where an earlier one ended.
    #[error("downloading {url} to {}, {have} of {bytes} bytes are there", to.display())]
    Downloading {
        /// The address.
        url: String,
        /// The file.
        to: PathBuf,
        /// What is there of an earlier download.
        have: u64,
        /// Size of the archive.
        bytes: u64,
    },
    /// A download broke off, or did not begin, and is tried again.
    #[error("{url}: {reason}; trying again")]
    BrokenOff {
        /// The address.
        url: String,
        /// What is there.
        have: u64,
        /// What went wrong.
        reason: String,
    },
    /// Another process downloads the same file.
    #[error("{}: another process is downloading it; waiting", path.display())]
    Waiting {
        /// The file.
        path: PathBuf,
    },
    /// A stand-in is decoded.
    #[error("{}: decoding {images} images", data_dir.display())]
    Decoding {
        /// Its directory.
        data_dir: PathBuf,
        /// How many images it has.
        images: usize,
    },
    /// What was kept of an earlier decoding is not of the images as they are now.
    #[error("{}: is of other images than there are now; decoding them again", path.display())]
    CacheStale {
        /// The file.
        path: PathBuf,
    },
    /// What was kept of an earlier decoding cannot be used.
    #[error("{}: {reason}; decoding the images again", path.display())]
    CacheDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The decoded images could not be kept.
    #[error("{reason}; the images will be decoded again next time")]
    CacheUnwritten {
        /// Which file, and what the system says.
        reason: String,
    },
}
