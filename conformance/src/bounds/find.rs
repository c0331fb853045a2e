//! Where the bounds of a case come from.

use super::estimate::{estimate, is_large};
use super::on_demand::OnDemand;
use super::sample::sample;
use super::source::BoundSource;
use super::table::Bounds;
use anyhow::{Context, Result, ensure};
use fixtures::{Case, corpus};
use std::path::Path;

/// The bounds of a case, all of them: those in the file beside it, if they are of this very case;
/// else they are sampled, or estimated if the case is large.
///
/// # Errors
/// If there is a file beside the case that cannot be read or holds no bounds, or if the reference
/// refuses a large case.
pub fn bounds_for(case: &Case, case_path: Option<&Path>) -> Result<Bounds> {
    match beside(case, case_path)? {
        Some(bounds) => Ok(bounds),
        None if is_large(case) => estimate(case),
        None => Ok(sample(case)),
    }
}

/// As [`bounds_for`], but what is sampled is sampled when an error asks for it, and as far.
///
/// # Errors
/// As [`bounds_for`].
pub fn bounds_on_demand(case: &Case, case_path: Option<&Path>) -> Result<Box<dyn BoundSource>> {
    match beside(case, case_path)? {
        Some(bounds) => Ok(Box::new(bounds)),
        None if is_large(case) => Ok(Box::new(estimate(case)?)),
        None => Ok(Box::new(OnDemand::of(case))),
    }
}

/// The bounds in the file beside a case, if there is one, of this very case.
fn beside(case: &Case, case_path: Option<&Path>) -> Result<Option<Bounds>> {
    let path = case_path.and_then(corpus::bounds_path).filter(|path| path.exists());
    let bounds = path.map(|path| Bounds::read(&path)).transpose()?;
    Ok(bounds.filter(|bounds| bounds.fit(case)))
}

/// The bounds of a case of the project's corpus.
///
/// # Errors
/// If the corpus does not hold this very case, or its bounds cannot be read.
pub fn bounds_of_corpus(case: &Case) -> Result<Bounds> {
    let beside = |folder| corpus::root().join(folder).join(format!("{}.bounds.json", case.name));
    let paths = ["official", "own"].map(beside);
    let path = paths.iter().find(|path| path.exists());
    let path = path.with_context(|| format!("the corpus has no bounds of {}", case.name))?;
    let bounds = Bounds::read(path)?;
    ensure!(bounds.fit(case), "{}: of another case of this name", path.display());
    Ok(bounds)
}
