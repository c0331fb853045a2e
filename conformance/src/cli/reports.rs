//! The files to which `run` and `check` write what they found.

use anyhow::{Context, Result, ensure};
use clap::Args;
use conformance::report::{Report, badge, junit, page};
use std::fs;
use std::path::{Path, PathBuf};

/// Where to write reports.
#[derive(Args, Default)]
#[command(next_help_heading = "Reports")]
pub struct Reports {
    /// For programs: everything found, as `adaact.report/1`; schemas/report.schema.json lists the
    /// fields.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// For tools that show test results: JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// For a README: an SVG badge with the count and the corpus.
    #[arg(long, value_name = "FILE")]
    badge: Option<PathBuf>,
    /// For people: one HTML page that needs no network.
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

    /// Checks before the work whether its results can be written.
    pub fn can_be_written(&self) -> Result<()> {
        for (path, _) in self.wanted() {
            let folder = match path.parent() {
                Some(folder) if folder != Path::new("") => folder,
                _ => Path::new("."),
            };
            let at = || path.display().to_string();
            ensure!(!path.is_dir(), "{}: is a directory; give the path of a file", at());
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
