//! `conformance corpus`: which corpus this is, and the corpus as an archive.

use super::Verdict;
use anyhow::{Context, Result, ensure};
use clap::Args;
use conformance::corpus::manifest::{self, Identity};
use conformance::{archive, schemas};
use fixtures::corpus::{self, Origin};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Say which corpus this is, and whether its files are those of its list; write it as an archive.
///
/// The archive is all that a port in another language needs: the cases with their golden traces and
/// bounds, JSON Schemas of the files, example ports, the porting guide and the specification. The
/// same sources give the same bytes.
#[derive(Args)]
pub struct Corpus {
    /// Write the archive.
    #[arg(long, value_name = "FILE.tar.gz")]
    archive: Option<PathBuf>,
    /// Rewrite SHA256SUMS from the files as they are, and the JSON Schemas from the types.
    ///
    /// To be run after any change of the corpus, which also raises VERSION
    /// (fixtures/corpus/README.md says which part of it), or of the files' formats.
    #[arg(long, conflicts_with = "archive")]
    update: bool,
}

impl Corpus {
    pub fn execute(self, out: &mut impl Write) -> Result<Verdict> {
        let folder = corpus::root();
        ensure!(
            folder.is_dir(),
            "{}: the source tree that this program was built from is not here; run it there",
            folder.display()
        );
        let list = folder.join("SHA256SUMS");
        let sums = manifest::sums(&folder)?;
        if self.update {
            fixtures::write_whole(&list, sums.as_bytes())?;
            writeln!(out, "wrote {}; build again, it is compiled in", list.display())?;
            schemas::write(&schemas::folder())?;
            writeln!(out, "wrote {}", schemas::folder().display())?;
        }
        let listed = fs::read_to_string(&list).with_context(|| list.display().to_string())?;
        let differing = differing(&sums, &listed);
        for file in &differing {
            writeln!(out, "{file}: differs from {}", list.display())?;
        }
        let stale = schemas::stale(&schemas::folder());
        for name in &stale {
            writeln!(out, "schemas/{name}: differs from the types")?;
        }
        let sound = differing.is_empty() && stale.is_empty();
        if let Some(path) = self.archive.filter(|_| sound) {
            let root = folder.ancestors().nth(2).expect("it lies in fixtures/corpus");
            fixtures::write_whole(&path, &archive::build(root)?)?;
            writeln!(out, "wrote {}", path.display())?;
        }
        describe(out, &folder)?;
        Ok(if sound { Verdict::Conforms } else { Verdict::Diverges })
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
