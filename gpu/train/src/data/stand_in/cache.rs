//! The decoded images of a stand-in, kept in one file beside it.
//!
//! The file begins with one line of JSON, a [`Header`]; then come the pixels and the classes of
//! the training images, then those of the test images. It is used only if its line is the one that
//! would be written now and the checksum is that of the images in it, so nothing in it is trusted.

use super::listing::Listing;
use crate::data::images::{Data, IMAGE_BYTES, Images};
use crate::data::options::Note;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The longest line at the beginning.
const MAX_HEADER_BYTES: u64 = 1 << 16;

/// Where the decoded images are kept.
pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(".adaact-cache")
}

/// The first line.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    schema: Schema,
    /// Of the files that were decoded.
    fingerprint: String,
    label: String,
    classes: Vec<String>,
    /// Number of training images.
    train: usize,
    /// Number of test images.
    test: usize,
    /// Of the images.
    sha256: String,
}

/// The only version so far.
#[derive(PartialEq, Serialize, Deserialize)]
enum Schema {
    #[serde(rename = "adaact.images/1")]
    V1,
}

impl Header {
    fn new(listing: &Listing, sha256: String) -> Header {
        Header {
            schema: Schema::V1,
            fingerprint: listing.fingerprint(),
            label: listing.label.clone(),
            classes: listing.classes.clone(),
            train: listing.train.len(),
            test: listing.test.len(),
            sha256,
        }
    }
}

/// Why a file is not used.
enum Unusable {
    Absent,
    Stale,
    Damaged(String),
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Unusable::Absent,
            _ => Unusable::Damaged(error.to_string()),
        }
    }
}

/// The images of an earlier decoding, if they are those of `listing`.
pub(super) fn read(path: &Path, listing: &Listing, note: &dyn Fn(&Note)) -> Option<Data> {
    let path_buf = path.to_owned();
    match try_read(path, listing) {
        Ok(data) => return Some(data),
        Err(Unusable::Absent) => {}
        Err(Unusable::Stale) => note(&Note::CacheStale { path: path_buf }),
        Err(Unusable::Damaged(reason)) => note(&Note::CacheDamaged { path: path_buf, reason }),
    }
    None
}

fn try_read(path: &Path, listing: &Listing) -> Result<Data, Unusable> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Unusable::Damaged("is not a regular file".to_owned()));
    }
    let mut file = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    (&mut file).take(MAX_HEADER_BYTES).read_until(b'\n', &mut line)?;
    let damaged = |what: &str| Unusable::Damaged(what.to_owned());
    let header: Header = serde_json::from_slice(&line)
        .map_err(|error| Unusable::Damaged(format!("its first line is wrong: {error}")))?;
    if header != Header::new(listing, header.sha256.clone()) {
        return Err(Unusable::Stale);
    }
    // The numbers are those of files that were just listed, so the sizes are of good faith.
    let bytes = line.len() + (header.train + header.test) * (IMAGE_BYTES + 1);
    if metadata.len() != bytes as u64 {
        let found = metadata.len();
        return Err(Unusable::Damaged(format!("has {found} bytes, not {bytes}")));
    }
    let (train, test) = (images(&mut file, header.train)?, images(&mut file, header.test)?);
    let data = Data { label: header.label, classes: header.classes, train, test };
    if data.sha256() != header.sha256 {
        return Err(damaged("has another checksum than it says"));
    }
    Ok(data)
}

fn images(file: &mut impl Read, n: usize) -> io::Result<Images> {
    let mut images = Images { pixels: vec![0; n * IMAGE_BYTES], classes: vec![0; n] };
    file.read_exact(&mut images.pixels)?;
    file.read_exact(&mut images.classes)?;
    Ok(images)
}

/// Keeps images, if that is possible.
pub(super) fn write(path: &Path, listing: &Listing, data: &Data, note: &dyn Fn(&Note)) {
    let header = Header::new(listing, data.sha256());
    let mut bytes = serde_json::to_vec(&header).expect("strings and numbers");
    bytes.push(b'\n');
    for images in [&data.train, &data.test] {
        bytes.extend(&images.pixels);
        bytes.extend(&images.classes);
    }
    if let Err(error) = fixtures::write_whole(path, &bytes) {
        note(&Note::CacheUnwritten { reason: error.to_string() });
    }
}
