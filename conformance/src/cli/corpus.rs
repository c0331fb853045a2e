//! `conformance corpus`: which corpus this is, and the corpus as an archive.

use super::exit::Exit;
use anyhow::{Context, Result, ensure};
use clap::Args;
use conformance::corpus::manifest::{self, Identity};
use conformance::{archive, schemas};
use fixtures::corpus::{self, Origin};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Check the corpus against its list of files, or pack it
///
/// Prints the version of the corpus and which of its files differ from its list. The archive has
/// everything that a port in another language needs: the cases with their golden traces and bounds,
/// JSON Schemas of the files, example ports, the porting guide and the specification. The same
/// sources give the same bytes.
#[derive(Args)]
pub struct Corpus {
    /// Write the archive.
    #[arg(long, value_name = "FILE.tar.gz")]
    archive: Option<PathBuf>,
    /// Rewrite SHA256SUMS from the files as they are, and the JSON Schemas from the types.
    ///
    /// Run it after any change to the corpus or to the files' formats. A change to the corpus also
    /// raises VERSION; fixtures/corpus/README.md says which part of it.
    #[arg(long, conflicts_with = "archive")]
    update: bool,
}

impl Corpus {
    pub fn execute(self, out: &mut impl Write) -> Result<Exit> {
        let folder = corpus::root();
        ensure!(
            folder.is_dir(),
            "{}: not found; run this program where its source tree is",
            folder.display()
        );
        let list = folder.join("SHA256SUMS");
        let sums = manifest::sums(&folder)?;
        if self.update {
            fixtures::write_whole(&list, sums.as_bytes())?;
            writeln!(out, "wrote {}; rebuild, since it is compiled in", list.display())?;
            schemas::write(&schemas::folder())?;
            writeln!(out, "wrote {}", schemas::folder().display())?;
        }
        let listed = fs::read_to_string(&list).with_context(|| list.display().to_string())?;
        let differing = differing(&sums, &listed);
        for file in &differing {
            writeln!(out, "{file}: differs from {}; --update rewrites the list", list.display())?;
        }
        let stale = schemas::stale(&schemas::folder());
        for name in &stale {
            writeln!(out, "schemas/{name}: differs from the types; --update rewrites it")?;
        }
        let sound = differing.is_empty() && stale.is_empty();
        if let Some(path) = self.archive.filter(|_| sound) {
            let root = folder.ancestors().nth(2).expect("it lies in fixtures/corpus");
            fixtures::write_whole(&path, &archive::build(root)?)?;
            writeln!(out, "wrote {}", path.display())?;
        }
        describe(out, &folder)?;
        Ok(Exit::good_if(sound))
    }
}

/// The files that two lists do not have in common.
fn differing<'l>(a: &'l str, b: &'l str) -> Vec<&'l str> {
    let only = |a: &'l str, b: &'l str| a.lines().filter(move |line| b.lines().all(|l| l != *line));
    let name = |line: &'l str| line.split_once("  ").map_or(line, |(_, name)| name);
    let mut names: Vec<_> = only(a, b).chain(only(b, a)).map(name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn describe(out: &mut impl Write, folder: &Path) -> Result<()> {
    let Identity { version, digest } = Identity::of(folder)?;
    let entries = corpus::entries(folder)?;
    let official = entries.iter().filter(|entry| entry.origin == Origin::Official).count();
    let own = entries.len() - official;
    writeln!(
        out,
        "corpus {version}: {official} official cases, {own} own, in {}",
        folder.display()
    )?;
    writeln!(out, "sha256 {digest}")?;
    Ok(())
}
