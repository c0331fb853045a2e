//! The files in which `run` and `check` say what they found.

use anyhow::{Context, Result, ensure};
use clap::Args;
use conformance::report::{Report, badge, junit, page};
use std::fs;
use std::path::{Path, PathBuf};

/// Where to write what was found.
#[derive(Args, Default)]
#[command(next_help_heading = "Reports")]
pub struct Reports {
    /// For programs: all that was found, `adaact.report/1`; schemas/report.schema.json has its fields.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// For what shows the results of tests: JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// For a README: an SVG with the count and the corpus.
    #[arg(long, value_name = "FILE")]
    badge: Option<PathBuf>,
    /// For people: one page that needs no network.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// How a report is made.
type Render = fn(&Report) -> Result<String>;

impl Reports {
    fn wanted(&self) -> impl Iterator<Item = (&Path, Render)> {
        let all: [(&Option<PathBuf>, Render); 4] = [
            (&self.json, |report| Ok(serde_json::to_string(report)? + "\n")),
            (&self.junit, |report| Ok(junit::render(report)?)),
            (&self.badge, |report| Ok(badge::render(report))),
            (&self.html, |report| Ok(page::render(report))),
        ];
        all.into_iter().filter_map(|(path, render)| Some((path.as_deref()?, render)))
    }

    /// Finds out before the work whether what comes of it can be written.
    pub fn can_be_written(&self) -> Result<()> {
        for (path, _) in self.wanted() {
            let folder = match path.parent() {
                Some(folder) if folder != Path::new("") => folder,
                _ => Path::new("."),
            };
            let at = || path.display().to_string();
            ensure!(!path.is_dir(), "{}: is a directory, not a file to write", at());
            if !path.exists() {
                fs::metadata(folder).with_context(at)?;
                tempfile::tempfile_in(folder).with_context(at)?;
            }
        }
        Ok(())
    }

    /// Writes every report, each whole or not at all.
    pub fn write(&self, report: &Report) -> Result<()> {
        self.wanted().try_for_each(|(path, render)| {
            Ok(fixtures::write_whole(path, render(report)?.as_bytes())?)
        })
    }
}

/// This program with its version.
pub fn program() -> String {
    format!("conformance {}", env!("CARGO_PKG_VERSION"))
}
