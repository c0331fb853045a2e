//! Forwards, losses, gradients, and the inputs that the layers were given.

use super::tensors::{size, upload};
use anyhow::Result;
use fixtures::{Case, Forward, Layer, Loss, Mode, Target};
use gpu::{NamedTensors, Network, Observer};
use std::collections::BTreeMap;
use tch::{Kind, Reduction, Tensor};

/// A case's network with its loss.
pub struct Passes<'c> {
    model: &'c [Layer],
    network: Network,
    loss: Loss,
    kind: Kind,
}

/// What one forward left behind.
pub struct Pass {
    /// The model's output.
    pub output: Tensor,
    /// Unscaled.
    pub loss: f64,
    /// What the preconditioned layers were given, in evaluation as well: one input per use, by the
    /// layer's number in the model's order.
    pub inputs: BTreeMap<usize, Vec<Tensor>>,
    /// The gradients of this forward alone; `None` in evaluation.
    pub gradients: Option<NamedTensors>,
}

/// A training forward on its way back.
pub struct Backward<'b> {
    /// The case's layers.
    pub model: &'b [Layer],
    /// With the case's parameters and buffers.
    pub network: &'b Network,
    /// The forward, as the case has it.
    pub forward: &'b Forward,
    /// Its batch.
    pub input: &'b Tensor,
    /// Its loss, unscaled.
    pub loss: &'b Tensor,
    of: Loss,
}

/// The forwards in training.
pub fn training(passes: &[Pass]) -> Vec<&Pass> {
    passes.iter().filter(|pass| pass.gradients.is_some()).collect()
}

struct Inputs(BTreeMap<usize, Vec<Tensor>>);

impl Observer for Inputs {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        self.0.entry(layer).or_default().push(input.detach());
    }
}

impl<'c> Passes<'c> {
    /// The network with the case's parameters and buffers.
    pub fn new(case: &'c Case, kind: Kind) -> Result<Self> {
        let uploaded = |tensors: &BTreeMap<String, fixtures::Tensor>, trained: bool| {
            let leaf = |t| upload(t, kind).set_requires_grad(trained);
            tensors.iter().map(|(name, t)| (name.clone(), leaf(t))).collect::<NamedTensors>()
        };
        let (parameters, buffers) =
            (uploaded(&case.parameters, true), uploaded(&case.buffers, false));
        let network = Network::new(&case.model, parameters, buffers)?;
        Ok(Self { model: &case.model, network, loss: case.loss, kind })
    }

    /// The parameters as they are now, shared with the network.
    pub fn parameters(&self) -> &NamedTensors {
        self.network.parameters()
    }

    /// Running means and variances as they are now.
    pub fn buffers(&self) -> &NamedTensors {
        self.network.buffers()
    }

    /// One forward, and its way `back` if it trains.
    pub fn run(&mut self, forward: &Forward, back: impl FnOnce(&Backward) -> NamedTensors) -> Pass {
        self.network.clear_gradients();
        let mut inputs = Inputs(BTreeMap::new());
        let (of, network) = (self.loss, &self.network);
        let input = &upload(&forward.input, self.kind);
        let output = match forward.mode {
            Mode::Train => network.train(input, &mut inputs),
            Mode::Eval => network.evaluate_observed(input, &mut inputs),
        };
        let loss = &loss_of(of, &output, &forward.target);
        let backward = || back(&Backward { model: self.model, network, forward, input, loss, of });
        let gradients = (forward.mode == Mode::Train).then(backward);
        Pass { loss: loss.double_value(&[]), output, inputs: inputs.0, gradients }
    }
}

impl Backward<'_> {
    /// Every parameter's gradient of `scale` times the loss.
    pub fn gradients(&self, scale: f64) -> NamedTensors {
        // A model without parameters has no gradients.
        if self.loss.requires_grad() {
            (self.loss * scale).backward();
        }
        let parameters = self.network.parameters().iter();
        parameters.map(|(name, p)| (name.clone(), p.grad())).collect() // S17
    }

    /// The scaled loss of another output for the same batch.
    pub fn scaled_loss(&self, output: &Tensor) -> Tensor {
        loss_of(self.of, output, &self.forward.target) * self.forward.loss_scale
    }
}

fn loss_of(loss: Loss, output: &Tensor, target: &Target) -> Tensor {
    match (loss, target) {
        (Loss::CrossEntropy { label_smoothing }, Target::Classes(classes)) => {
            let classes: Vec<_> = classes.iter().map(|&class| size(class)).collect();
            let (classes, no_weight) = (Tensor::from_slice(&classes), None::<&Tensor>);
            // −1: no class is to be ignored.
            output.cross_entropy_loss(&classes, no_weight, Reduction::Mean, -1, label_smoothing)
        }
        (Loss::MeanSquaredError, Target::Values(values)) => {
            output.mse_loss(&upload(values, output.kind()), Reduction::Mean)
        }
        _ => unreachable!("a validated case has the target that its loss needs"),
    }
}
