//! A case on tch: started once, then stepped.

use crate::adaact::{AdaAct, Hyperparameters, Rates};
use crate::backend::Device;
use crate::error::Error;
use crate::network::Network;
use crate::observer::Observer;
use crate::tensor::{NamedTensors, downloaded, kind, sizes, upload};
use fixtures::{Case, Dtype, Forward, Loss, Mode, Optimizer, State, Step, Target, Tensors};
use tch::{Kind, Reduction, Tensor};

/// What to compute in, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Dtype of every tensor.
    pub dtype: Dtype,
    /// Where the tensors live.
    pub device: Device,
}

impl Default for Options {
    /// Float64 on the CPU, as cases are computed.
    fn default() -> Self {
        Self { dtype: Dtype::Float64, device: Device::Cpu }
    }
}

/// A model in training, with its optimizer.
pub struct Session {
    pub(crate) task: Task,
    pub(crate) adaact: AdaAct,
    optimizer: Optimizer,
}

/// A model with its loss, as it is fed from a case.
pub(crate) struct Task {
    pub network: Network,
    loss: Loss,
    /// Dtype and device of every tensor.
    place: (Kind, tch::Device),
}

/// What one forward gave.
pub(crate) struct Outcome {
    pub output: Tensor,
    /// Unscaled.
    pub loss: f64,
}

impl Session {
    /// Parameters, buffers and state as the case gives them; its steps are not looked at.
    ///
    /// # Errors
    /// If the device cannot be used, or the case does not fit together. A case that
    /// [`fixtures`] read does.
    pub fn start(case: &Case, options: Options) -> Result<Self, Error> {
        let place = (kind(options.dtype), options.device.open()?);
        let uploaded = |tensors: &Tensors, trained: bool| -> NamedTensors {
            let leaf = |t| upload(t, place).set_requires_grad(trained);
            tensors.iter().map(|(name, t)| (name.clone(), leaf(t))).collect()
        };
        let parameters = uploaded(&case.parameters, true);
        let network = Network::new(&case.model, parameters, uploaded(&case.buffers, false))?;
        let Optimizer { betas: [beta1, beta2], eps, .. } = case.optimizer;
        let hyper = Hyperparameters { beta1, beta2, eps };
        let mut adaact = AdaAct::new(network.preconditioned(), network.parameters(), hyper)?;
        if let Some(state) = &case.state {
            adaact.restore(state)?;
        }
        let task = Task { network, loss: case.loss, place };
        Ok(Self { task, adaact, optimizer: case.optimizer.clone() })
    }

    /// One step: every forward, backward through those that train, then the update unless it is
    /// to be skipped (S19). Returns the unscaled loss of every forward.
    ///
    /// # Errors
    /// As [`AdaAct::step`]. A case that [`fixtures`] read causes none.
    pub fn advance(&mut self, step: &Step) -> Result<Vec<f64>, Error> {
        self.task.network.clear_gradients();
        let run = |forward| self.task.run(forward, &mut self.adaact).loss;
        let losses = step.forwards.iter().map(run).collect();
        self.update(step)?;
        Ok(losses)
    }

    /// The optimizer's part of a step, nothing if it is skipped (S19).
    pub(crate) fn update(&mut self, step: &Step) -> Result<(), Error> {
        if step.skip {
            return Ok(());
        }
        self.adaact.step(|parameter| {
            let (lr, weight_decay) = self.optimizer.rates(parameter, step.lr);
            Rates { lr, weight_decay }
        })
    }

    /// `t`, and `V` and `M` of every layer (S20).
    #[must_use]
    pub fn state(&self) -> State {
        self.adaact.state()
    }

    /// The parameters as they are now.
    #[must_use]
    pub fn parameters(&self) -> Tensors {
        downloaded(self.task.network.parameters())
    }

    /// Running means and variances as they are now.
    #[must_use]
    pub fn buffers(&self) -> Tensors {
        downloaded(self.task.network.buffers())
    }
}

impl Task {
    /// One forward, and its backward if it trains; gradients add up.
    pub fn run(&self, forward: &Forward, observer: &mut dyn Observer) -> Outcome {
        let input = upload(&forward.input, self.place);
        let output = match forward.mode {
            Mode::Train => self.network.train(&input, observer),
            Mode::Eval => self.network.evaluate(&input),
        };
        let loss = self.loss(&output, &forward.target);
        // A model without parameters has no gradients.
        if forward.mode == Mode::Train && loss.requires_grad() {
            (&loss * forward.loss_scale).backward();
        }
        Outcome { loss: loss.double_value(&[]), output }
    }

    fn loss(&self, output: &Tensor, target: &Target) -> Tensor {
        match (self.loss, target) {
            (Loss::CrossEntropy { label_smoothing: alpha }, Target::Classes(classes)) => {
                let classes = Tensor::from_slice(&sizes(classes)).to_device(self.place.1);
                let weight = None::<&Tensor>;
                output.cross_entropy_loss(&classes, weight, Reduction::Mean, IGNORE_NONE, alpha)
            }
            (Loss::MeanSquaredError, Target::Values(values)) => {
                output.mse_loss(&upload(values, self.place), Reduction::Mean)
            }
            _ => unreachable!("a validated case has the target that its loss needs"),
        }
    }
}

/// A class id that no target has: every sample counts.
const IGNORE_NONE: i64 = -1;
