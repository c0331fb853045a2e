//! One update: a window of micro-batches, then a step of the optimizer.

use super::learner::Learner;
use super::loss::correct;
use super::traces::Traces;
use crate::task::Batches;
use anyhow::{Context, Result};
use std::time::{Duration, Instant};
use tch::Tensor;

/// What an update is asked to do.
pub struct Request<'t> {
    /// Micro-batches whose gradients it adds up.
    pub window: u64,
    pub lr: f64,
    /// Counts from 1 over the whole run.
    pub number: u64,
    /// What writes it down, if it is to be written down.
    pub traces: Option<&'t Traces>,
}

/// A loss that is not finite, before anything was changed but the optimizer's averages of inputs and
/// the running statistics.
pub struct NotFinite {
    pub loss: f64,
    /// Of the micro-batch.
    pub images: Tensor,
}

/// What an update gave, of all its micro-batches together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Update {
    /// Sum of their losses, each the mean over its images.
    pub losses: f64,
    /// Images that were classified rightly.
    pub correct: i64,
    /// The time that it took to make the batches.
    pub data: Duration,
}

/// Takes a window of micro-batches and makes one step.
///
/// The gradient is that of the mean of the micro-batches' losses.
///
/// # Errors
/// If a batch cannot be made, the optimizer refuses, or a trace cannot be written.
pub fn update(
    learner: &mut Learner,
    batches: &mut Batches,
    request: &Request,
) -> Result<Result<Update, NotFinite>> {
    let &Request { window, lr, number, traces } = request;
    let mut traced = traces
        .zip(learner.optimizer.adaact())
        .map(|(traces, adaact)| traces.begin(number, lr, &learner.network, adaact));
    learner.network.clear_gradients();
    let mut update = Update::default();
    for _ in 0..window {
        let start = Instant::now();
        let batch = batches.next().context("the data ended within an epoch")??;
        update.data += start.elapsed();
        let (loss, logits) = learner.backward(&batch, window, traced.as_mut());
        if !loss.is_finite() {
            return Ok(Err(NotFinite { loss, images: batch.images }));
        }
        update.losses += loss;
        update.correct += correct(&logits, &batch);
        if let Some(traced) = &mut traced {
            traced.forward(&batch, window, &logits, loss);
        }
    }
    learner.optimizer.step(lr)?;
    if let (Some(traced), Some(adaact)) = (traced, learner.optimizer.adaact()) {
        traced.finish(&learner.network, adaact)?;
    }
    Ok(Ok(update))
}
