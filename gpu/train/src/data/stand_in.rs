//! Images in directories, one for each class, that stand in for a published set.
//!
//! `train/CLASS/NAME.png` and `test/CLASS/NAME.png`, or `.jpg` or `.jpeg`. Classes are numbered in
//! the order of their names; images come class by class, in the order of theirs. Names that begin
//! with a dot are passed over; anything else that does not belong there is refused.

mod label;
mod listing;

use crate::data::cache;
use crate::data::decode;
use crate::data::error::Error;
use crate::data::images::Data;
use crate::data::options::{Note, Options};
use fixtures::run::Dataset;
use listing::Listing;
use std::path::Path;

pub(super) use listing::{Entry, Listing as Contents};

/// The directories of the two sets.
const SETS: [&str; 2] = ["train", "test"];

/// Whether there is a stand-in, or half of one.
pub(super) fn is_in(data_dir: &Path) -> Result<bool, Error> {
    for set in SETS {
        let path = data_dir.join(set);
        if path.try_exists().map_err(Error::read(&path))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The images of a stand-in, decoded now or earlier.
pub(super) fn load(dataset: Dataset, data_dir: &Path, options: &Options) -> Result<Data, Error> {
    let listing = Listing::of(data_dir, dataset)?;
    let cache = cache::path(data_dir);
    if let Some(data) = cache::read(&cache, &listing, options.note) {
        return Ok(data);
    }
    let images = listing.train.len() + listing.test.len();
    (options.note)(&Note::Decoding { data_dir: data_dir.to_owned(), images });
    let [train, test] = decode::all([&listing.train, &listing.test])?;
    let data = Data { label: listing.label.clone(), classes: listing.classes.clone(), train, test };
    cache::write(&cache, &listing, &data, options.note);
    Ok(data)
}
