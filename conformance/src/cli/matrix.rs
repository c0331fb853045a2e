//! `conformance matrix`: the page that says what tests each clause.

use super::exit::Exit;
use super::progress::progress;
use anyhow::{Context, Result};
use clap::Args;
use conformance::bounds_for;
use conformance::studies::matrix::{self, Figures, Matrix as Page};
use conformance::studies::{Fate, Prepared};
use fixtures::{Case, corpus};
use mistakes::{Kind, Mistake};
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// Write docs/matrix.md: what tests each clause
///
/// The page lists the cases, scenarios and known mistakes of every clause, and which of them detect
/// which mistake. Run it after any change to the corpus, the scenarios, the catalogue of mistakes or
/// the specification.
#[derive(Args)]
pub struct Matrix {
    /// Where to write it. Default: docs/matrix.md of the source tree.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Matrix {
    pub fn execute(self, out: &mut impl Write) -> Result<Exit> {
        let path = matrix::specification();
        let specification =
            fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let entries = corpus::entries(&corpus::root())?;
        let read = |entry: &corpus::Entry| {
            let case = Case::read(&entry.case_path)?;
            let bounds = bounds_for(&case, Some(&entry.case_path))?;
            Ok((case, bounds))
        };
        let cases = entries.iter().map(read).collect::<Result<Vec<_>>>()?;
        let origins = entries.iter().map(|entry| entry.origin);
        let page = Page::new(&specification, cases.iter().map(|(case, _)| case).zip(origins));

        let of_cases = mistakes::all().filter(|mistake| mistake.kind != Kind::Beyond).count();
        let bar = progress("mistakes", of_cases * cases.len() * 2);
        let prepared = Prepared::all(&cases);
        let figures =
            |mistake: &'static Mistake| Figures::from(&Fate::of(mistake, &prepared, || bar.inc(1)));
        let figures: Vec<_> = mistakes::all().map(figures).collect();
        bar.finish_and_clear();

        let path = self.out.unwrap_or_else(matrix::path);
        fs::write(&path, page.render(Some(&figures)))
            .with_context(|| path.display().to_string())?;
        let gaps = page.gaps();
        for gap in &gaps {
            writeln!(out, "{gap}")?;
        }
        writeln!(out, "wrote {}", fs::canonicalize(&path).unwrap_or(path).display())?;
        Ok(Exit::good_if(gaps.is_empty()))
    }
}
