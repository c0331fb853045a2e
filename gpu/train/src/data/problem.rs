//! What can be wrong with a member of an archive, and with an image.

use image::ColorType;
use std::io;
use thiserror::Error;

/// What is wrong with a member of an archive.
#[derive(Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MemberProblem {
    /// A name that leads elsewhere.
    #[error("leads out of the archive")]
    Outside,
    /// Neither file nor directory.
    #[error("is a link, a device or something else that is neither file nor directory")]
    Kind,
    /// Another size than in the published archive.
    #[error("has {found} bytes, not {expected}")]
    Size {
        /// Size in the published archive.
        expected: u64,
        /// Size found.
        found: u64,
    },
    /// Two of one name.
    #[error("is there twice")]
    Twice,
    /// None of that name.
    #[error("is missing")]
    Missing,
}

/// What is wrong with an image of a stand-in.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImageProblem {
    /// Reading failed.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Far more bytes than 32×32 pixels take.
    #[error("has {bytes} bytes; images of at most {limit} bytes are read")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The largest size.
        limit: u64,
    },
    /// Another kind of file.
    #[error("is neither a JPEG nor a PNG image, whatever its name")]
    NotAnImage,
    /// The end is missing.
    #[error("does not end as a {format} image does; it is cut off, or something follows it")]
    CutOff {
        /// `JPEG` or `PNG`.
        format: &'static str,
    },
    /// It cannot be decoded.
    #[error("cannot be decoded: {0}")]
    Corrupt(#[from] image::ImageError),
    /// Another size.
    #[error("has {width}×{height} pixels; 32×32 are needed")]
    Size {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// Other colours.
    #[error("has pixels of type {0:?}; 8 bits of grey or of RGB are needed, without transparency")]
    Colour(ColorType),
}
