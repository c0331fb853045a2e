//! Everything that a run needs to go on, in one safetensors file.
//!
//! Parameters and running statistics have PyTorch's names; the optimizer's state stands beside them
//! under `optimizer.…`; the rest is JSON in the file's metadata, under `checkpoint`.

use anyhow::{Context, Result, bail};
use fixtures::run::{Environment, Settings, v1};
use gpu::optimizer::{Optimizer, Saved};
use gpu::{NamedTensors, Network};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use train::archive::Archive;

/// Where a run stands, beside its tensors; with the settings of its version.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header<S = Settings> {
    pub schema: Schema,
    pub settings: S,
    pub environment: Environment,
    pub position: Position,
    pub generator: Generator,
    pub scheduler: Scheduler,
    /// The optimizer's completed steps, where it counts them.
    pub t: u64,
    pub lengths: Lengths,
}

/// The versions of the format; the second is written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Schema {
    /// Its settings are those of `adaact.run/1`.
    #[serde(rename = "adaact.checkpoint/1")]
    V1,
    /// Its settings are those of `adaact.run/2`.
    #[serde(rename = "adaact.checkpoint/2")]
    V2,
}

/// What every version has.
#[derive(Deserialize)]
struct Version {
    schema: Schema,
}

impl Header {
    /// Reads a header of either version.
    fn from_json(text: &str) -> serde_json::Result<Self> {
        let Version { schema } = serde_json::from_str(text)?;
        match schema {
            Schema::V1 => Ok(serde_json::from_str::<Header<v1::Settings>>(text)?.into()),
            Schema::V2 => serde_json::from_str(text),
        }
    }
}

impl From<Header<v1::Settings>> for Header {
    fn from(v1: Header<v1::Settings>) -> Self {
        Self {
            schema: Schema::V2,
            settings: v1.settings.into(),
            environment: v1.environment,
            position: v1.position,
            generator: v1.generator,
            scheduler: v1.scheduler,
            t: v1.t,
            lengths: v1.lengths,
        }
    }
}

/// How far training has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The epoch that is running; the schedule's length once all are done.
    pub epoch: u64,
    /// Batches of it that are done.
    pub batch: u64,
    /// Sum of these batches' losses.
    pub loss_sum: f64,
    /// Images of these batches that were classified rightly.
    pub correct: i64,
    /// Seconds that they took.
    pub train_seconds: f64,
    /// Of these, seconds in which batches were made.
    pub data_seconds: f64,
    /// The best evaluation so far.
    pub best: Option<Best>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    pub epoch: u64,
    /// Per cent of the test images.
    pub accuracy: f64,
}

/// What order and augmentation are drawn from: a stream of its own for every epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    pub algorithm: String,
    pub seed: u64,
    /// The epoch.
    pub stream: u64,
}

/// The learning rate's place in its schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheduler {
    pub name: String,
    pub epoch: u64,
    pub lr: f64,
}

/// Bytes of the files that grow; on resuming they are cut back to these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    pub metrics: u64,
    pub events: u64,
    pub steps: Option<u64>,
}

const HEADER: &str = "checkpoint";
const OPTIMIZER: &str = "optimizer.";

/// Saves a run, whole or not at all.
pub fn save(
    path: &Path,
    mut header: Header,
    network: &Network,
    optimizer: &Optimizer,
) -> Result<()> {
    let Saved { t, tensors } = optimizer.save();
    header.t = t;
    let mut all = train::weights::export(network);
    let kind = gpu::kind(header.settings.dtype);
    // The state came from this dtype and goes back into it: nothing is rounded.
    let state = tensors.into_iter();
    all.extend(state.map(|(name, tensor)| (format!("{OPTIMIZER}{name}"), tensor.to_kind(kind))));
    let text = serde_json::to_string(&header)?;
    let metadata = HashMap::from([(HEADER.to_owned(), text)]);
    Ok(Archive { tensors: all, metadata }.write(path)?)
}

/// A checkpoint read back.
pub struct Checkpoint {
    pub header: Header,
    /// By PyTorch's names.
    pub weights: NamedTensors,
    pub optimizer: Saved,
}

/// Reads a checkpoint.
pub fn read(path: &Path) -> Result<Checkpoint> {
    let Archive { tensors, metadata } = Archive::read(path)?;
    let header = metadata.get(HEADER).with_context(|| {
        format!("{}: is no checkpoint: it has no \"{HEADER}\" in its metadata", path.display())
    })?;
    let header = Header::from_json(header)
        .with_context(|| format!("{}: metadata \"{HEADER}\"", path.display()))?;
    let (weights, state) = split(tensors);
    let optimizer = Saved { t: header.t, tensors: state };
    Ok(Checkpoint { header, weights, optimizer })
}

/// The weights of a file, be it a checkpoint or PyTorch's.
pub fn read_weights(path: &Path) -> Result<NamedTensors> {
    Ok(split(Archive::read(path)?.tensors).0)
}

/// Weights, and the optimizer's state without its prefix.
fn split(tensors: NamedTensors) -> (NamedTensors, NamedTensors) {
    let (state, weights): (NamedTensors, _) =
        tensors.into_iter().partition(|(name, _)| name.starts_with(OPTIMIZER));
    let bare = |(name, tensor): (String, _)| (name[OPTIMIZER.len()..].to_owned(), tensor);
    (weights, state.into_iter().map(bare).collect())
}

/// Refuses to go on with other settings than a checkpoint's.
pub fn check_settings(path: &Path, saved: &Settings, asked: &Settings) -> Result<()> {
    let (saved, asked) = (saved.fields(), asked.fields());
    let names: BTreeSet<_> = saved.keys().chain(asked.keys()).collect();
    let differences: Vec<_> = names
        .into_iter()
        .filter(|&name| saved.get(name) != asked.get(name))
        .map(|name| {
            let of = |fields: &BTreeMap<String, Value>| {
                fields.get(name).map_or_else(|| "none".to_owned(), Value::to_string)
            };
            format!("  {name}: {} in the checkpoint, {} now", of(&saved), of(&asked))
        })
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    bail!(
        "{}: was saved with other settings:\n{}\nGo on with the checkpoint's, or begin another run \
         with --run N or --out DIR",
        path.display(),
        differences.join("\n")
    )
}
