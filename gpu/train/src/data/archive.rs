//! A published archive, read in memory: nothing of it is written anywhere.
//!
//! The archive has to have the published size and checksum. Even so it is read as if anyone had
//! made it: no more bytes are unpacked than the published one holds, every member that is used has
//! the published size, and one that is neither file nor directory, or leads elsewhere, is refused.

#[cfg(test)]
mod tests;

use crate::data::checksum;
use crate::data::error::Error;
use crate::data::images::{Data, Images};
use crate::data::layout::{Layout, Member};
use crate::data::problem::MemberProblem;
use crate::data::records::{self, Origin};
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::Path;
use tar::EntryType;

/// For the headers of the members, the names of the classes and a page of text.
const SLACK: u64 = 1 << 20;

/// Checks and reads an archive.
pub(super) fn read(path: &Path, layout: &Layout) -> Result<Data, Error> {
    let mut file = checked(path, layout)?;
    file.rewind().map_err(Error::read(path))?;
    let records: usize = layout.members().map(|member| layout.member_bytes(member)).sum();
    let limit = records as u64 + SLACK;
    let mut stream = GzDecoder::new(io::BufReader::new(file)).take(limit);
    let members = members(&mut stream, path, layout);
    if stream.limit() == 0 {
        return Err(Error::UnpackedSize { path: path.to_owned(), limit });
    }
    assemble(&members?, path, layout)
}

/// Opens an archive that has the published size and checksum.
pub(super) fn checked(path: &Path, layout: &Layout) -> Result<File, Error> {
    // Asked before opening: opening a pipe waits for a writer.
    let found = fs::metadata(path).map_err(Error::read(path))?.len();
    let delete = path.to_owned();
    if found != layout.bytes {
        let expected = layout.bytes;
        return Err(Error::FileSize { path: path.to_owned(), expected, found, delete });
    }
    let mut file = File::open(path).map_err(Error::read(path))?;
    let found = checksum::md5(&mut file).map_err(Error::read(path))?;
    if found != layout.md5 {
        let expected = layout.md5;
        return Err(Error::Checksum { path: path.to_owned(), expected, found, delete });
    }
    Ok(file)
}

/// The contents of all members that matter, by name.
type Members = BTreeMap<String, Vec<u8>>;

fn members(stream: &mut impl Read, path: &Path, layout: &Layout) -> Result<Members, Error> {
    let unpack = |error| Error::Unpack { path: path.to_owned(), error };
    let mut members = Members::new();
    for entry in tar::Archive::new(&mut *stream).entries().map_err(unpack)? {
        let mut entry = entry.map_err(unpack)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let refuse = |problem| {
            let member = name.clone();
            Err(Error::Member { path: path.to_owned(), member, problem })
        };
        if name.starts_with('/') || name.split('/').any(|part| part == "..") {
            return refuse(MemberProblem::Outside);
        }
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            _ => return refuse(MemberProblem::Kind),
        }
        let (Some(expected), found) = (expected_bytes(&name, layout), entry.size()) else {
            continue; // such as a page that describes the set
        };
        if let Some(expected) = expected.filter(|&expected| expected != found) {
            return refuse(MemberProblem::Size { expected, found });
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(unpack)?;
        if members.insert(name.clone(), content).is_some() {
            return refuse(MemberProblem::Twice);
        }
    }
    // To the end, where the checksum of the compression stands.
    io::copy(stream, &mut io::sink()).map_err(unpack)?;
    Ok(members)
}

/// For a member that matters, its size, if that is known.
fn expected_bytes(name: &str, layout: &Layout) -> Option<Option<u64>> {
    let name = name.strip_prefix(layout.folder)?.strip_prefix('/')?;
    if name == layout.names {
        return Some(None);
    }
    let member = layout.members().find(|member| member.name == name)?;
    Some(Some(layout.member_bytes(member) as u64))
}

fn assemble(members: &Members, path: &Path, layout: &Layout) -> Result<Data, Error> {
    let set = |wanted: &[Member]| {
        let mut images = Images::default();
        for member in wanted {
            let name = format!("{}/{}", layout.folder, member.name);
            let Some(content) = members.get(&name) else {
                let problem = MemberProblem::Missing;
                return Err(Error::Member { path: path.to_owned(), member: name, problem });
            };
            let origin = Origin { path: &path.join(&name), delete: path };
            records::append(&mut images, content, layout, &origin)?;
        }
        Ok(images)
    };
    let names = format!("{}/{}", layout.folder, layout.names);
    let origin = Origin { path: &path.join(&names), delete: path };
    let classes = members.get(&names).map(|text| records::names(text, layout, &origin));
    Ok(Data {
        label: layout.label.to_owned(),
        classes: classes.transpose()?.unwrap_or_default(),
        train: set(layout.train)?,
        test: set(layout.test)?,
    })
}
