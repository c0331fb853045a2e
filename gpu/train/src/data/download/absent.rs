//! An archive that is neither here nor to be had.

use crate::data::error::Error;
use crate::data::layout::Layout;
use std::path::Path;

/// The address of an archive.
pub(super) fn url(base: &str, layout: &Layout) -> String {
    format!("{}/{}", base.trim_end_matches('/'), layout.archive)
}

/// The error for images that are neither here nor there.
pub(in crate::data) fn absent(layout: &Layout, data_dir: &Path, base: &str, reason: &str) -> Error {
    Error::Absent {
        data_dir: data_dir.to_owned(),
        looked_for: vec![layout.archive, layout.folder, "train", "test"],
        url: url(base, layout),
        reason: reason.to_owned(),
    }
}
