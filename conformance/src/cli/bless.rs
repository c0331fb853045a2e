//! `conformance bless`: the project's own cases and their golden traces, made anew.

use super::Verdict;
use anyhow::Result;
use clap::Args;
use conformance::{generate, judge_trajectory};
use fixtures::{Case, Trace, corpus};
use std::io::Write;
use std::path::Path;

/// Generate the project's own cases and their golden traces, and show what moves.
///
/// The cases come from seeds, the golden traces from the reference. Files that would not change
/// are left alone; official cases are never touched.
#[derive(Args)]
pub struct Bless {
    /// Show what would move, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Bless {
    pub fn execute(self, out: &mut impl Write) -> Result<Verdict> {
        let folder = corpus::root().join("own");
        for case in generate::all() {
            case.validate()?;
            let golden = reference::trace(&case)?;
            let case_path = folder.join(format!("{}.case.json", case.name));
            let golden_path = folder.join(format!("{}.golden.json", case.name));
            let moved = what_moves(&case, &golden, &case_path, &golden_path);
            writeln!(out, "{:28} {moved}", case.name)?;
            if !self.dry_run && moved != Moved::Nothing {
                case.write(&case_path)?;
                golden.write(&golden_path)?;
            }
        }
        Ok(Verdict::Conforms)
    }
}

/// What a new golden trace changes.
#[derive(Clone, Debug, PartialEq)]
enum Moved {
    Nothing,
    /// There was no such case, or none that can be read.
    New,
    /// The case itself is another one.
    Case,
    /// The same case, other values; the largest error against its bound.
    Golden(String),
}

fn what_moves(case: &Case, golden: &Trace, case_path: &Path, golden_path: &Path) -> Moved {
    let Ok(old_case) = Case::read(case_path) else { return Moved::New };
    // Compared as text: NaN equals itself there.
    if serde_json::to_string(&old_case).ok() != serde_json::to_string(case).ok() {
        return Moved::Case;
    }
    let Ok(old_golden) = Trace::read(golden_path, case) else { return Moved::New };
    if serde_json::to_string(&old_golden).ok() == serde_json::to_string(golden).ok() {
        return Moved::Nothing;
    }
    let judgement = judge_trajectory(case, &old_golden, golden);
    Moved::Golden(super::text::judgement(&judgement).1)
}

impl std::fmt::Display for Moved {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Moved::Nothing => f.write_str("unchanged"),
            Moved::New => f.write_str("new"),
            Moved::Case => f.write_str("the case changes"),
            Moved::Golden(how) => write!(f, "the golden trace moves: {how}"),
        }
    }
}
