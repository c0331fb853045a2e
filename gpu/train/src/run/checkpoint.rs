//! Everything that a run needs to go on, in one safetensors file.
//!
//! Parameters and running statistics have PyTorch's names; the optimizer's state stands beside them
//! under `optimizer.…`; the rest is a [`Header`] in the file's metadata, under `checkpoint`.

use super::header::Header;
use crate::archive::Archive;
use crate::weights;
use anyhow::{Context, Result};
use gpu::optimizer::{Optimizer, Saved};
use gpu::{NamedTensors, Network};
use std::collections::HashMap;
use std::path::Path;

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
    let mut all = weights::export(network);
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
