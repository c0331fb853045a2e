//! The folder that a published archive unpacks to.

use crate::data::checksum;
use crate::data::error::Error;
use crate::data::images::{Data, Images};
use crate::data::layout::{Layout, Member};
use crate::data::records::{self, Origin};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// A list of class names is not read beyond this.
const MAX_NAMES_BYTES: u64 = 1 << 16;

/// Reads the files, each held against its size and checksum.
pub(super) fn read(folder: &Path, layout: &Layout) -> Result<Data, Error> {
    let set = |members: &[Member]| {
        let mut images = Images::default();
        for member in members {
            let path = folder.join(member.name);
            let records = published_file(&path, folder, layout, member)?;
            let origin = Origin { path: &path, delete: folder };
            records::append(&mut images, &records, layout, &origin)?;
        }
        Ok(images)
    };
    Ok(Data {
        label: layout.label.to_owned(),
        classes: names(folder, layout)?,
        train: set(layout.train)?,
        test: set(layout.test)?,
    })
}

fn published_file(
    path: &Path,
    folder: &Path,
    layout: &Layout,
    member: &Member,
) -> Result<Vec<u8>, Error> {
    let expected = layout.member_bytes(member) as u64;
    // Asked before opening: opening a pipe waits for a writer.
    let found = fs::metadata(path).map_err(Error::read(path))?.len();
    let (path, delete) = (path.to_owned(), folder.to_owned());
    if found != expected {
        return Err(Error::FileSize { path, expected, found, delete });
    }
    let bytes = bounded(&path, expected).map_err(Error::read(&path))?;
    let found = checksum::md5(&bytes[..]).map_err(Error::read(&path))?;
    if found != member.md5 {
        return Err(Error::Checksum { path, expected: member.md5, found, delete });
    }
    Ok(bytes)
}

/// The names of the classes; none if the file is not there.
fn names(folder: &Path, layout: &Layout) -> Result<Vec<String>, Error> {
    let path = folder.join(layout.names);
    match bounded(&path, MAX_NAMES_BYTES) {
        Ok(text) => records::names(&text, layout, &Origin { path: &path, delete: folder }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::read(&path)(error)),
    }
}

fn bounded(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::testing::{self, Set};

    #[test]
    fn a_folder_gives_the_images_and_names_of_its_files() {
        for set in Set::ALL {
            let folder = tempfile::tempdir().unwrap();
            let layout = set.write_folder(folder.path());
            assert_eq!(read(folder.path(), &layout).unwrap(), set.data());
            fs::remove_file(folder.path().join(layout.names)).unwrap();
            assert!(read(folder.path(), &layout).unwrap().classes.is_empty());
        }
    }

    #[test]
    fn a_file_that_is_not_the_published_one_is_named_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Set::Ten.write_folder(folder.path());
        let path = folder.path().join(layout.test[0].name);
        let whole = fs::read(&path).unwrap();
        let delete = format!("delete {} to fetch", folder.path().display());

        let mut changed = whole.clone();
        changed[100] ^= 1;
        fs::write(&path, &changed).unwrap();
        let error = read(folder.path(), &layout).unwrap_err();
        let expected = testing::md5(&changed);
        testing::says(&error, &["test_batch.bin", &expected, layout.test[0].md5, &delete]);

        fs::write(&path, &whole[1..]).unwrap();
        let error = read(folder.path(), &layout).unwrap_err();
        let (found, expected) = (format!("{} bytes", whole.len() - 1), whole.len().to_string());
        testing::says(&error, &["test_batch.bin", &found, &expected, &delete]);

        fs::remove_file(&path).unwrap();
        testing::says(&read(folder.path(), &layout).unwrap_err(), &["test_batch.bin", "No such"]);

        fs::write(&path, &whole).unwrap();
        fs::write(folder.path().join(layout.names), "cat\ndog\n").unwrap();
        let error = read(folder.path(), &layout).unwrap_err();
        testing::says(&error, &[layout.names, "names 2", "are 10"]);
    }
}
