//! How far a conforming trace may lie from the expected one.

mod certify;
pub(crate) mod digest;
mod estimate;
mod file;
mod layout;
mod margin;
mod sample;
pub(crate) mod shuffle;
pub(crate) mod stagewise;

use crate::compare::{Address, ReplayMode, Stage};
use anyhow::{Context, Result, ensure};
pub use certify::{certify, certify_arrays};
use digest::digest;
pub use estimate::{WAYS, estimate, is_large};
use file::Table;
use fixtures::{Case, Dtype, corpus};
pub use margin::fork_margin;
pub(crate) use sample::widen;
pub use sample::{MULTIPLE, RUNS, sample, sample_excerpts};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The bounds of one case, `adaact.bounds/1`: by dtype, mode, stage, and name of the layer,
/// parameter or buffer (`""` for the whole model), each in the measure of its stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// The format's version.
    pub schema: BoundsSchema,
    /// The case's name.
    pub case: String,
    /// SHA-256 of the case's content in compact JSON, in hexadecimal.
    pub digest: String,
    /// How far the case stays away from every point where a derivative jumps; `null` if unknown.
    #[serde(deserialize_with = "file::number_or_null")]
    pub fork_margin: Option<f64>,
    /// Error bounds of the golden trace itself, by stage.
    pub certified: Table<Stage, f64>,
    /// The bounds that traces are held against.
    pub sampled: Table<Dtype, ByMode>,
    /// How these came about; those in a file are sampled.
    #[serde(skip)]
    pub origin: Origin,
}

/// How bounds came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// By [`sample`], in both dtypes.
    #[default]
    Sampled,
    /// By [`estimate`]: there are none in float32, where rounding decides kinks of a large network.
    Estimated,
}

/// Bounds by mode, stage and name.
type ByMode = Table<ReplayMode, Table<Stage, Table<String, f64>>>;

/// The only version of the bounds format so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BoundsSchema {
    /// Version 1.
    #[default]
    #[serde(rename = "adaact.bounds/1")]
    V1,
}

impl Bounds {
    /// Bounds of a case, without an entry yet: nothing but equal values conforms.
    #[must_use]
    pub fn new(case: &Case) -> Self {
        Self {
            schema: BoundsSchema::V1,
            case: case.name.clone(),
            digest: digest(case),
            fork_margin: None,
            certified: Table::default(),
            sampled: Table::default(),
            origin: Origin::Sampled,
        }
    }

    /// What applies to a large case in float32: no bound but for counts, see [`Origin::Estimated`].
    #[must_use]
    pub fn none(case: &Case) -> Self {
        Self { origin: Origin::Estimated, ..Self::new(case) }
    }

    /// The bound of an array, in its stage's measure; 0 for counts, and where there is no entry.
    /// `None` where bounds of this origin say nothing.
    #[must_use]
    pub fn of(&self, dtype: Dtype, mode: ReplayMode, address: &Address) -> Option<f64> {
        if address.stage.is_count() {
            return Some(0.0);
        }
        if self.origin == Origin::Estimated && dtype == Dtype::Float32 {
            return None;
        }
        let of_stage = || self.sampled.get(&dtype)?.get(&mode)?.get(&address.stage);
        Some(of_stage().and_then(|names| names.get(&address.name)).copied().unwrap_or(0.0))
    }

    /// Widens the bound of an array to at least `bound`.
    pub fn widen(&mut self, dtype: Dtype, mode: ReplayMode, address: &Address, bound: f64) {
        let modes = self.sampled.entry(dtype).or_default();
        let names = modes.entry(mode).or_default().entry(address.stage).or_default();
        let entry = names.entry(address.name.clone()).or_default();
        *entry = entry.max(bound);
    }
}

/// The bounds of a case: those in the file beside it, if they are of this very case; else they are
/// sampled, or estimated if the case is large.
///
/// # Errors
/// If there is a file beside the case that cannot be read or holds no bounds, or if the reference
/// refuses a large case.
pub fn bounds_for(case: &Case, case_path: Option<&Path>) -> Result<Bounds> {
    let beside = case_path.and_then(corpus::bounds_path).filter(|path| path.exists());
    if let Some(path) = beside {
        let bounds = Bounds::read(&path)?;
        if bounds.fit(case) {
            return Ok(bounds);
        }
    }
    if is_large(case) { estimate(case) } else { Ok(sample(case)) }
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
