//! A stand-in's images: from the cache, or else decoded and kept there.

use super::listing::Listing;
use super::{cache, decode};
use crate::data::error::Error;
use crate::data::images::Data;
use crate::data::options::{Note, Options};
use fixtures::run::Dataset;
use std::path::Path;

/// The images of a stand-in, decoded now or earlier.
pub(in crate::data) fn load(
    dataset: Dataset,
    data_dir: &Path,
    options: &Options,
) -> Result<Data, Error> {
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
