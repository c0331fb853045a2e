//! Forwards, losses, gradients, and the inputs that the layers were given.

use super::apart::Apart;
use super::{Mutant, upload};
use anyhow::Result;
use fixtures::{Case, Forward, Loss, Mode, Target};
use gpu::{NamedTensors, Network, Observer};
use std::collections::BTreeMap;
use tch::{Kind, Reduction, Tensor};

/// A case's network with its loss.
pub struct Passes {
    network: Network,
    loss: Loss,
    kind: Kind,
    mutant: Option<Mutant>,
    /// Of [`Mutant::LastUseGradientOnly`] alone.
    apart: Option<Apart>,
}

/// What one forward left behind.
pub struct Pass {
    /// The model's output.
    pub output: Tensor,
    /// Unscaled.
    pub loss: f64,
    /// What the preconditioned layers were given, in evaluation as well.
    pub inputs: Inputs,
    /// The gradients of this forward alone; `None` in evaluation.
    pub gradients: Option<NamedTensors>,
}

/// One input per use, by the layer's number in the model's order.
#[derive(Default)]
pub struct Inputs(pub BTreeMap<usize, Vec<Tensor>>);

impl Observer for Inputs {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        self.0.entry(layer).or_default().push(input.detach());
    }
}

impl Passes {
    /// The network with the case's parameters and buffers.
    pub fn new(case: &Case, mutant: Option<Mutant>, kind: Kind) -> Result<Self> {
        let uploaded = |tensors: &BTreeMap<String, fixtures::Tensor>, trained: bool| {
            let leaf = |t| upload(t, kind).set_requires_grad(trained);
            tensors.iter().map(|(name, t)| (name.clone(), leaf(t))).collect::<NamedTensors>()
        };
        let (parameters, buffers) =
            (uploaded(&case.parameters, true), uploaded(&case.buffers, false));
        let network = Network::new(&case.model, parameters, buffers)?;
        let apart = match mutant {
            Some(Mutant::LastUseGradientOnly) => {
                Some(Apart::new(&case.model, network.parameters(), network.buffers())?)
            }
            _ => None,
        };
        Ok(Self { network, loss: case.loss, kind, mutant, apart })
    }

    /// The parameters as they are now, shared with the network.
    pub fn parameters(&self) -> &NamedTensors {
        self.network.parameters()
    }

    /// Running means and variances as they are now.
    pub fn buffers(&self) -> &NamedTensors {
        self.network.buffers()
    }

    /// One forward, and its backward if it trains.
    pub fn run(&mut self, forward: &Forward) -> Pass {
        self.network.clear_gradients();
        let mut inputs = Inputs::default();
        let input = upload(&forward.input, self.kind);
        let output = match forward.mode {
            Mode::Train => self.network.train(&input, &mut inputs),
            Mode::Eval => self.network.evaluate_observed(&input, &mut inputs),
        };
        let loss = loss_of(self.loss, &output, &forward.target, self.kind);
        let gradients =
            (forward.mode == Mode::Train).then(|| self.gradients(forward, &input, &loss));
        Pass { output, loss: loss.double_value(&[]), inputs, gradients }
    }

    /// The gradients of a forward with this loss.
    fn gradients(&mut self, forward: &Forward, input: &Tensor, loss: &Tensor) -> NamedTensors {
        let scale = match self.mutant {
            Some(Mutant::LossScaleIgnored) => 1.0,
            _ => forward.loss_scale, // S9
        };
        if let Some(apart) = &mut self.apart {
            let (of, kind) = (self.loss, self.kind);
            return apart.gradients(input, |y| loss_of(of, y, &forward.target, kind) * scale);
        }
        // A model without parameters has no gradients.
        if loss.requires_grad() {
            (loss * scale).backward();
        }
        self.parameters().iter().map(|(name, p)| (name.clone(), p.grad())).collect() // S17
    }
}

fn loss_of(loss: Loss, output: &Tensor, target: &Target, kind: Kind) -> Tensor {
    match (loss, target) {
        (Loss::CrossEntropy { label_smoothing }, Target::Classes(classes)) => {
            let classes: Vec<_> = classes.iter().map(|&class| super::size(class)).collect();
            let (classes, no_weight) = (Tensor::from_slice(&classes), None::<&Tensor>);
            // −1: no class is to be ignored.
            output.cross_entropy_loss(&classes, no_weight, Reduction::Mean, -1, label_smoothing)
        }
        (Loss::MeanSquaredError, Target::Values(values)) => {
            output.mse_loss(&upload(values, kind), Reduction::Mean)
        }
        _ => unreachable!("a validated case has the target that its loss needs"),
    }
}
