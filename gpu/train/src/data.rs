//! The images that a network is trained on, from disk to bytes in memory.
//!
//! A data directory holds one of
//!
//! - a published archive, `cifar-10-binary.tar.gz` or `cifar-100-binary.tar.gz`. It is downloaded
//!   where it is missing, and read as it is: nothing is unpacked to the disk;
//! - the folder that such an archive unpacks to, `cifar-10-batches-bin` or `cifar-100-binary`;
//! - a stand-in: images of 32×32 pixels as `train/CLASS/NAME.png` and `test/CLASS/NAME.png`, or
//!   `.jpg` or `.jpeg`. It is decoded once, and the result kept beside it.
//!
//! A published set is held against its published checksums and bears the label `cifar10` or
//! `cifar100`. A stand-in bears the label in its one-line file `LABEL`, or else the name of its
//! directory, and can never bear theirs.
//!
//! No tensors here; and nothing is drawn, shuffled or normalised.
//!
//! ```
//! use fixtures::run::Dataset;
//! use train::data::{self, Options, Source};
//!
//! let empty = tempfile::tempdir()?;
//! let options = Options { source: Source::Nowhere, ..Options::default() };
//! let error = data::load(Dataset::Cifar10, empty.path(), &options).unwrap_err();
//! assert!(error.to_string().contains("cifar-10-binary.tar.gz"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod archive;
mod checksum;
mod download;
mod error;
mod flags;
mod images;
mod layout;
mod options;
mod problem;
mod progress;
mod published;
mod records;
mod sets;
mod stand_in;
mod unpacked;

#[cfg(test)]
mod testing;

pub use error::Error;
pub use flags::Flags;
pub use images::{Data, IMAGE_BYTES, Images, SIDE};
pub use options::{Note, Options, PUBLISHED_AT, Source};
pub use problem::{ImageProblem, MemberProblem};
pub use sets::load;
