//! The bounds of one case, all of them.

use super::digest::digest;
use super::strict::{self, Table};
use crate::compare::{Address, ReplayMode, Stage};
use fixtures::{Case, Dtype};
use serde::{Deserialize, Serialize};

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
    #[serde(deserialize_with = "strict::number_or_null")]
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
    /// By [`sample`](super::sample), in both dtypes.
    #[default]
    Sampled,
    /// By [`estimate`](super::estimate): there are none in float32, where rounding decides kinks of
    /// a large network.
    Estimated,
}

/// Bounds by mode.
pub(super) type ByMode = Table<ReplayMode, ByStage>;

/// Bounds by stage and name.
pub(super) type ByStage = Table<Stage, Table<String, f64>>;

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
        let stages = self.sampled.get(&dtype).and_then(|modes| modes.get(&mode));
        Some(stages.map_or(0.0, |stages| stages.of(address)))
    }

    /// Widens the bound of an array to at least `bound`.
    pub fn widen(&mut self, dtype: Dtype, mode: ReplayMode, address: &Address, bound: f64) {
        self.stages(dtype, mode).widen(address, bound);
    }

    /// The bounds in a dtype and mode, to be widened.
    pub(super) fn stages(&mut self, dtype: Dtype, mode: ReplayMode) -> &mut ByStage {
        self.sampled.entry(dtype).or_default().entry(mode).or_default()
    }
}

impl ByStage {
    /// The bound of an array; 0 where there is no entry.
    pub(super) fn of(&self, address: &Address) -> f64 {
        let names = self.get(&address.stage);
        names.and_then(|names| names.get(&address.name)).copied().unwrap_or(0.0)
    }

    /// Widens the bound of an array to at least `bound`.
    pub(super) fn widen(&mut self, address: &Address, bound: f64) {
        let names = self.entry(address.stage).or_default();
        let entry = names.entry(address.name.clone()).or_default();
        *entry = entry.max(bound);
    }

    /// Widens every bound to at least that of `other`.
    pub(super) fn widen_to(&mut self, other: Self) {
        for (stage, names) in other {
            let own = self.entry(stage).or_default();
            for (name, bound) in names {
                let entry: &mut f64 = own.entry(name).or_default();
                *entry = entry.max(bound);
            }
        }
    }
}
