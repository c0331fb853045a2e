//! The file that a download grows in, of which one process at a time is the master.

use crate::data::error::Error;
use crate::data::options::Note;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Opens `part` for this process alone, or finds that another has made it `whole` meanwhile.
pub(super) fn lock(part: &Path, whole: &Path, note: &dyn Fn(&Note)) -> Result<Option<File>, Error> {
    loop {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(part)
            .map_err(Error::write(part))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                note(&Note::Waiting { path: part.to_owned() });
                file.lock().map_err(Error::write(part))?;
            }
            // A file system without locks: the checksum still notices what two processes mix.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        // The master before may have renamed the file between opening and locking it.
        let ours = is_at(&file, part).map_err(Error::read(part))?;
        if whole.try_exists().map_err(Error::read(whole))? {
            if ours {
                fs::remove_file(part).map_err(Error::write(part))?;
            }
            return Ok(None);
        }
        if ours {
            return Ok(Some(file));
        }
    }
}

/// Whether an open file is the one that a path leads to.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((open.dev(), open.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
