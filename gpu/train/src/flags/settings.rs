//! From flags to the settings of a run.

use super::groups::{Kernels, Logging, Optimizer, Run, Schedule};
use anyhow::{Context, Result};
use fixtures::run::{Dataset, Model, Recipe, Settings};
use gpu::Device;
use sha2::{Digest, Sha256};
use std::path::Path;

/// All groups of a command line.
#[derive(Clone, Copy, Debug)]
pub struct Flags<'f> {
    /// What learns.
    pub optimizer: &'f Optimizer,
    /// How long, and which run.
    pub schedule: &'f Schedule,
    /// Where, and how far.
    pub run: &'f Run,
    /// What is written down.
    pub logging: &'f Logging,
    /// How it is computed.
    pub kernels: &'f Kernels,
}

/// The settings that a training has from elsewhere: from flags of its own and from its data.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "what the fields of `Settings` are")]
pub struct Own {
    pub dataset: Dataset,
    pub images: String,
    pub images_sha256: String,
    pub model: Model,
    pub recipe: Recipe,
    pub micro_batches: u64,
}

impl Flags<'_> {
    /// Everything that decides the result.
    ///
    /// # Errors
    /// If the file of initial weights cannot be read.
    pub fn settings(&self, own: Own, device: Device) -> Result<Settings> {
        let Flags { optimizer, schedule, run, kernels, .. } = *self;
        Ok(Settings {
            dataset: own.dataset,
            images: own.images,
            images_sha256: own.images_sha256,
            model: own.model,
            recipe: own.recipe,
            optim: optimizer.optim,
            lr: optimizer.lr,
            momentum: optimizer.momentum,
            beta1: optimizer.beta1,
            beta2: optimizer.beta2,
            eps: optimizer.eps,
            weight_decay: optimizer.weight_decay,
            epoch: schedule.epoch,
            batchsize: schedule.batchsize,
            micro_batches: own.micro_batches,
            world_size: 1,
            lr_scheduler: schedule.lr_scheduler,
            run: schedule.run,
            seed: run.seed.unwrap_or(schedule.run),
            init_sha256: run.init.as_deref().map(sha256).transpose()?,
            dtype: run.dtype(),
            mixed_precision: None,
            device: device.to_string(),
            threads: run.threads(),
            channels_last: kernels.channels_last,
            tf32: kernels.tf32,
            cudnn_benchmark: kernels.cudnn_benchmark,
            deterministic: kernels.deterministic,
        })
    }
}

fn sha256(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}
