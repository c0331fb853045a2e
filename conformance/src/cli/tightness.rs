//! `conformance tightness`: how much room the sampled bounds leave.

use super::exit::Exit;
use anyhow::Result;
use clap::Args;
use glob::Pattern;
use std::io::Write;

/// Measure how much room the sampled bounds leave
///
/// libtorch computes every step of the corpus from the golden state before it, in float64 and in
/// float32, with one thread and with two, over every batch in several orders. Each bound is divided
/// by the worst of these errors. For every stage of the network, this prints the median and the
/// largest ratio over all arrays. The median must be at most 100, the largest at most 10000, and no
/// bound may be exceeded.
#[derive(Args)]
pub struct Tightness {
    /// Only the cases whose name matches, such as 'conv-*'.
    #[arg(long, value_name = "GLOB")]
    only: Option<Pattern>,
    /// Print every array as well, the one with the most room first.
    #[arg(long)]
    arrays: bool,
}

impl Tightness {
    #[cfg(not(feature = "tch"))]
    pub fn execute(&self, _: &mut impl Write) -> Result<Exit> {
        let Self { only: _, arrays: _ } = self;
        anyhow::bail!("this program was built without libtorch (feature `tch`)")
    }

    #[cfg(feature = "tch")]
    pub fn execute(&self, out: &mut impl Write) -> Result<Exit> {
        let rooms = self.measure()?;
        let mut exit = Exit::Good;
        for summary in conformance::studies::tightness::summarize(&rooms) {
            write!(out, "{summary}")?;
            // Some of the cases need not have every stage.
            let is_asked = self.only.is_none() || !summary.rooms.is_empty();
            if let Some(fault) = summary.fault().filter(|_| is_asked) {
                exit = Exit::Bad;
                write!(out, "; {fault}")?;
            }
            writeln!(out)?;
            if self.arrays {
                for room in summary.rooms.iter().rev().chain(&summary.exact) {
                    writeln!(out, "        {:8.1}: {room}", room.ratio())?;
                }
            }
        }
        Ok(exit)
    }

    #[cfg(feature = "tch")]
    fn measure(&self) -> Result<Vec<conformance::studies::tightness::Room>> {
        use conformance::{bounds_for, tightness};
        use fixtures::{Dtype, corpus};
        let mut entries = corpus::entries(&corpus::root())?;
        entries.retain(|entry| self.only.as_ref().is_none_or(|only| only.matches(&entry.name)));
        anyhow::ensure!(
            !entries.is_empty(),
            "--only: no case has such a name; docs/matrix.md lists the names"
        );
        let bar = super::progress::progress("tightness", 2 * entries.len());
        let mut rooms = Vec::new();
        for entry in entries {
            let (case, golden) = entry.read()?;
            let bounds = bounds_for(&case, Some(&entry.case_path))?;
            for dtype in [Dtype::Float64, Dtype::Float32] {
                rooms.extend(tightness::measure(&case, &golden, &bounds, dtype)?);
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
        Ok(rooms)
    }
}
