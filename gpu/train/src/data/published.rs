//! A published set: its archive, or what that unpacks to, or a download.

use crate::data::error::Error;
use crate::data::images::Data;
use crate::data::layout::Layout;
use crate::data::options::{Options, PUBLISHED_AT, Source};
use crate::data::{archive, download, unpacked};
use std::path::{Path, PathBuf};

/// What there is of a published set.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Published {
    /// The archive.
    Archive(PathBuf),
    /// The folder that it unpacks to.
    Folder(PathBuf),
}

impl Published {
    pub fn path(&self) -> &Path {
        match self {
            Published::Archive(path) | Published::Folder(path) => path,
        }
    }
}

/// Looks for a published set, first for the archive.
pub(super) fn find(layout: &Layout, data_dir: &Path) -> Result<Option<Published>, Error> {
    let exists = |path: &Path| path.try_exists().map_err(Error::read(path));
    let (archive, folder) = (data_dir.join(layout.archive), data_dir.join(layout.folder));
    Ok(if exists(&archive)? {
        Some(Published::Archive(archive))
    } else if exists(&folder)? {
        Some(Published::Folder(folder))
    } else {
        None
    })
}

/// Reads what was found, or downloads the archive and reads that.
pub(super) fn load(
    layout: &Layout,
    data_dir: &Path,
    found: Option<Published>,
    options: &Options,
) -> Result<Data, Error> {
    match found {
        Some(Published::Archive(path)) => archive::read(&path, layout),
        Some(Published::Folder(path)) => unpacked::read(&path, layout),
        None => match &options.source {
            Source::Url(base) => {
                let path = download::fetch(layout, data_dir, base, options.note)?;
                archive::read(&path, layout)
            }
            Source::Nowhere => {
                Err(download::absent(layout, data_dir, PUBLISHED_AT, "nothing is downloaded"))
            }
        },
    }
}
