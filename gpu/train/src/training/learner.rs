//! A network with the optimizer that trains it.

use super::loss::cross_entropy;
use super::traces::Traced;
use crate::batch::Batch;
use crate::initial::Initial;
use anyhow::Result;
use fixtures::run::Settings;
use gpu::optimizer::Optimizer;
use gpu::{Network, Observer};
use tch::{Reduction, Tensor};

/// What an update changes.
pub struct Learner {
    pub network: Network,
    pub optimizer: Optimizer,
}

impl Learner {
    /// The network and the optimizer that the settings name, on a device.
    ///
    /// # Errors
    /// If the initial values are not those of the network, or a hyperparameter is out of range.
    pub fn new(settings: &Settings, initial: Initial, place: tch::Device) -> Result<Self> {
        let Initial { parameters, buffers } = initial;
        let parameters = parameters
            .into_iter()
            .map(|(name, tensor)| (name, tensor.to_device(place).set_requires_grad(true)))
            .collect();
        let buffers = buffers.into_iter().map(|(name, tensor)| (name, tensor.to_device(place)));
        let network = Network::new(&settings.model.layers(), parameters, buffers.collect())?;
        let optimizer = Optimizer::new(&network, settings)?;
        Ok(Self { network, optimizer })
    }

    /// Forward, and backward of the loss divided by `window`; the loss itself, and the logits.
    ///
    /// The optimizer observes, and so does `traced`, if there is one.
    pub fn backward(
        &mut self,
        batch: &Batch,
        window: u64,
        traced: Option<&mut Traced>,
    ) -> (f64, Tensor) {
        let mut observer: Box<dyn Observer> = match (traced, &mut self.optimizer) {
            (Some(traced), Optimizer::AdaAct(adaact, _)) => Box::new(traced.observer(adaact)),
            (_, optimizer) => optimizer.observer(),
        };
        let logits = self.network.train(&batch.images, &mut *observer);
        let loss = cross_entropy(&logits, batch, Reduction::Mean);
        (&loss / window as f64).backward();
        (loss.double_value(&[]), logits)
    }
}
