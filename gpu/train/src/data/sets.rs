//! A set of images, published or a stand-in.

use super::error::Error;
use super::images::Data;
use super::options::Options;
use super::{layout, published, stand_in};
use fixtures::run::Dataset;
use std::path::Path;

/// The images of `dataset` in `data_dir`.
///
/// # Errors
/// If there are none and none can be downloaded, if there are both a published set and a stand-in,
/// and for every file that is not as it has to be. The message says what to do.
pub fn load(dataset: Dataset, data_dir: &Path, options: &Options) -> Result<Data, Error> {
    let layout = layout::of(dataset);
    let published = published::find(layout, data_dir)?;
    if !stand_in::is_in(data_dir)? {
        return published::load(layout, data_dir, published, options);
    }
    match published {
        Some(published) => Err(Error::Ambiguous {
            data_dir: data_dir.to_owned(),
            published: published.path().to_owned(),
        }),
        None => stand_in::load(dataset, data_dir, options),
    }
}
