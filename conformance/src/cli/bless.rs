//! `conformance bless`: regenerates our own cases and their golden traces.

use super::exit::Exit;
use super::progress::progress;
use anyhow::Result;
use clap::Args;
use conformance::scenarios::digits::Recipe;
use conformance::{
    Basis, Bounds, Judgement, bounds_for, certify, generate, judge_trajectory, sample,
};
use fixtures::digits::Digits;
use fixtures::{Case, Trace, corpus};
use glob::Pattern;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Regenerate our own cases, their golden traces and all bounds
///
/// Prints what changes. The cases come from seeds, the golden traces from the reference, the bounds
/// from samples. Unchanged files are left alone; official cases and traces are never touched.
#[derive(Args)]
pub struct Bless {
    /// Print what would change, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Only the cases whose name matches, such as 'conv-*'.
    #[arg(long, value_name = "GLOB")]
    only: Option<Pattern>,
    /// Regenerate a copy of the corpus instead, without the digits.
    #[arg(long, value_name = "FOLDER")]
    corpus: Option<PathBuf>,
}

impl Bless {
    pub fn execute(self, out: &mut impl Write) -> Result<Exit> {
        let folder = self.corpus().join("own");
        let mut cases = generate::all();
        cases.retain(|case| self.only.as_ref().is_none_or(|only| only.matches(&case.name)));
        for case in cases {
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
        self.bless_bounds(out)?;
        Ok(Exit::Good)
    }

    fn corpus(&self) -> PathBuf {
        self.corpus.clone().unwrap_or_else(corpus::root)
    }

    /// Samples the bounds of every case, official ones included, and of the digits.
    fn bless_bounds(&self, out: &mut impl Write) -> Result<()> {
        let chosen = |name: &str| self.only.as_ref().is_none_or(|only| only.matches(name));
        let entries = corpus::entries(&self.corpus())?;
        let entries: Vec<_> = entries.into_iter().filter(|entry| chosen(&entry.name)).collect();
        let bar = progress("bounds", entries.len());
        for entry in entries {
            let (case, golden) = entry.read()?;
            let mut bounds = sample(&case);
            bounds.certified = certify(&case, &golden);
            bar.suspend(|| self.write_bounds(out, &entry.name, &bounds, &entry.bounds_path))?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        let with_digits = self.corpus.is_none();
        let recipes = Recipe::all().into_iter().filter(|recipe| with_digits && chosen(recipe.name));
        for recipe in recipes {
            let bounds = recipe.sample_bounds(&Digits::load())?;
            self.write_bounds(out, recipe.name, &bounds, &recipe.bounds_path())?;
        }
        Ok(())
    }

    fn write_bounds(
        &self,
        out: &mut impl Write,
        name: &str,
        bounds: &Bounds,
        path: &Path,
    ) -> Result<()> {
        if Bounds::read(path).is_ok_and(|old| old == *bounds) {
            return Ok(());
        }
        writeln!(out, "{name:28} the bounds change")?;
        if !self.dry_run {
            bounds.write(path)?;
        }
        Ok(())
    }
}

/// What a new golden trace changes.
#[derive(Clone, Debug, PartialEq)]
enum Moved {
    Nothing,
    /// There was no such case, or it cannot be read.
    New,
    /// The case itself changes.
    Case,
    /// The case stays, values change; with the largest error of every stage that changes.
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
    let Ok(bounds) = bounds_for(case, None) else { return Moved::New };
    Moved::Golden(by_stage(&judge_trajectory(case, &old_golden, golden, &bounds)))
}

/// `outputs 1.1e-16, ema 2.2e-16`: the errors against the old golden trace.
fn by_stage(judgement: &Judgement) -> String {
    let moved = |((stage, basis), worst): (&(_, Basis), &conformance::Judged)| {
        let error = worst.deviation.error;
        let moved = *basis != Basis::OwnStages && error > 0.0;
        moved.then(|| format!("{stage} {error:.1e}"))
    };
    let mut moves: Vec<String> = judgement.worst.iter().filter_map(moved).collect();
    moves.extend(
        judgement.not_judged.iter().map(|stage| format!("{stage} missing in one of the two")),
    );
    if moves.is_empty() { "only its producer".to_owned() } else { moves.join(", ") }
}

impl std::fmt::Display for Moved {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Moved::Nothing => f.write_str("unchanged"),
            Moved::New => f.write_str("new"),
            Moved::Case => f.write_str("the case changes"),
            Moved::Golden(how) => write!(f, "the golden trace changes: {how}"),
        }
    }
}
