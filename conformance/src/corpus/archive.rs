//! The corpus as one archive, for users without Rust.

use crate::corpus::manifest::{self, Identity};
use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use std::fs;
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// Builds `adaact-corpus-VERSION.tar.gz` from the source tree at `root`.
///
/// It has the corpus with its list of files, the JSON Schemas, the example ports, the porting guide,
/// the specification and the page of what tests what. The same tree gives the same bytes on every
/// machine: entries are sorted, and have neither owner nor time.
///
/// # Errors
/// If a file cannot be read.
pub fn build(root: &Path) -> Result<Vec<u8>> {
    let identity = Identity::of(&root.join("fixtures/corpus"))?;
    let top = PathBuf::from(format!("adaact-corpus-{}", identity.version));
    // No name, no time; level 9, and 255 for "unknown" instead of the system it was made on.
    let gzip = GzBuilder::new().operating_system(255).write(Vec::new(), Compression::best());
    let mut archive = Builder::new(gzip);
    for (name, path) in members(root)? {
        let content = fs::read(&path).with_context(|| path.display().to_string())?;
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, top.join(name), content.as_slice())?;
    }
    Ok(archive.into_inner()?.finish()?)
}

/// Every member, by its name below the top folder, and the file that it is made from; sorted.
fn members(root: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let corpus = root.join("fixtures/corpus");
    let mut members: Vec<(PathBuf, PathBuf)> = [
        ("LICENSE", "LICENSE"),
        ("matrix.md", "docs/matrix.md"),
        ("porting.md", "docs/porting.md"),
        ("spec.md", "docs/spec.md"),
        ("corpus/README.md", "fixtures/corpus/README.md"),
        ("corpus/SHA256SUMS", "fixtures/corpus/SHA256SUMS"),
        ("corpus/VERSION", "fixtures/corpus/VERSION"),
    ]
    .map(|(name, file)| (name.into(), root.join(file)))
    .into();
    let inside = |file: PathBuf| (Path::new("corpus").join(&file), corpus.join(file));
    members.extend(manifest::files(&corpus)?.into_iter().map(inside));
    for (name, folder) in [("schemas", "fixtures/schemas"), ("ports", "conformance/ports")] {
        let folder = root.join(folder);
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            // Only the files themselves, not the caches of an interpreter.
            if entry.file_type()?.is_file() {
                members.push((Path::new(name).join(entry.file_name()), entry.path()));
            }
        }
    }
    members.sort();
    Ok(members)
}
