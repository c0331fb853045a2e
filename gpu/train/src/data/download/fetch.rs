//! Attempt after attempt, until an archive is whole.

use super::absent::{absent, url};
use super::attempt::{Attempt, Failure};
use super::part;
use crate::data::archive;
use crate::data::error::Error;
use crate::data::layout::Layout;
use crate::data::options::Note;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// So many attempts in a row that brought nothing new end a download.
const FRUITLESS_ATTEMPTS: u32 = 3;

/// Between two attempts, after one that brought nothing new.
const PAUSE: Duration = Duration::from_secs(1);

/// The path of the archive, once it is there.
pub(in crate::data) fn fetch(
    layout: &Layout,
    data_dir: &Path,
    base: &str,
    note: &dyn Fn(&Note),
) -> Result<PathBuf, Error> {
    fs::create_dir_all(data_dir).map_err(Error::write(data_dir))?;
    let whole = data_dir.join(layout.archive);
    let part = data_dir.join(format!("{}.part", layout.archive));
    let Some(file) = part::lock(&part, &whole, note)? else {
        return Ok(whole); // another process has fetched it meanwhile
    };
    let url = url(base, layout);
    let mut attempt = Attempt::new(&url, &part, &file, layout.bytes);
    let absent = |reason: &str| absent(layout, data_dir, base, reason);
    if let Err(error) = complete(&mut attempt, note, absent) {
        if attempt.have()? == 0 {
            fs::remove_file(&part).map_err(Error::write(&part))?;
        }
        return Err(error);
    }
    file.sync_all().map_err(Error::write(&part))?;
    archive::checked(&part, layout)?;
    fs::rename(&part, &whole).map_err(Error::write(&whole))?;
    Ok(whole)
}

/// Attempts until all is there.
fn complete(
    attempt: &mut Attempt,
    note: &dyn Fn(&Note),
    absent: impl Fn(&str) -> Error,
) -> Result<(), Error> {
    let mut farthest = attempt.have()?;
    let mut fruitless = 0;
    if farthest < attempt.bytes {
        note(&attempt.begins(farthest));
    }
    while attempt.have()? < attempt.bytes {
        let reason = match attempt.run() {
            Ok(()) => continue,
            Err(Failure::Lasting(error)) => return Err(error),
            Err(Failure::Refused(reason)) => return Err(absent(&reason)),
            Err(Failure::Passing(reason)) => reason,
        };
        let have = attempt.have()?;
        // Against the farthest: a server that always begins anew and breaks off gets nowhere.
        fruitless = if have > farthest { 0 } else { fruitless + 1 };
        farthest = farthest.max(have);
        if fruitless == FRUITLESS_ATTEMPTS {
            return Err(absent(&reason));
        }
        note(&Note::BrokenOff { url: attempt.url.to_owned(), have, reason });
        if fruitless > 0 {
            thread::sleep(PAUSE);
        }
    }
    Ok(())
}
