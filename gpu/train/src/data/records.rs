//! The records of the published files: a label of one or two bytes, then an image.

use crate::data::error::Error;
use crate::data::images::Images;
use crate::data::layout::Layout;
use std::path::Path;

/// Where records come from, for messages.
pub(super) struct Origin<'p> {
    /// The file, in an archive below that.
    pub path: &'p Path,
    /// What is to be deleted to fetch it anew.
    pub delete: &'p Path,
}

/// Adds the images of a file to others.
pub(super) fn append(
    images: &mut Images,
    records: &[u8],
    layout: &Layout,
    origin: &Origin,
) -> Result<(), Error> {
    let pixels = layout.label_bytes;
    for (image, record) in records.chunks_exact(layout.record_bytes()).enumerate() {
        let class = record[pixels - 1];
        if usize::from(class) >= layout.classes {
            return Err(Error::Class {
                path: origin.path.to_owned(),
                image,
                found: class,
                classes: layout.classes,
                delete: origin.delete.to_owned(),
            });
        }
        images.classes.push(class);
        images.pixels.extend_from_slice(&record[pixels..]);
    }
    Ok(())
}

/// The names of the classes, one a line.
pub(super) fn names(text: &[u8], layout: &Layout, origin: &Origin) -> Result<Vec<String>, Error> {
    let text = String::from_utf8_lossy(text);
    let names: Vec<String> =
        text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.len() != layout.classes {
        let (expected, found) = (layout.classes, names.len());
        let (path, delete) = (origin.path.to_owned(), origin.delete.to_owned());
        return Err(Error::ClassNames { path, delete, expected, found });
    }
    Ok(names)
}
