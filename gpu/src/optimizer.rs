//! The optimizer of a training run, any of the paper's four, with its state as named tensors.

use crate::adaact::{AdaAct, Hyperparameters, Rates, not_negative};
use crate::baselines::{Adam, AdamHyperparameters, Decay, Sgd, SgdHyperparameters};
use crate::error::Error;
use crate::network::Network;
use crate::observer::{Observer, Unobserved};
use crate::tensor::{NamedTensors, download, sizes, values};
use fixtures::run::{Dataset, Optim, Settings};
use fixtures::{LayerState, State};
use tch::Tensor;

/// One of the four.
pub enum Optimizer {
    /// The paper's, with its decoupled weight decay `λ`.
    AdaAct(AdaAct, f64),
    /// See [`Sgd`].
    Sgd(Sgd),
    /// See [`Adam`]; AdamW as well.
    Adam(Adam),
}

/// What has to be saved of an optimizer.
#[derive(Debug, Default)]
pub struct Saved {
    /// Completed steps.
    pub t: u64,
    /// By kind and full name, such as `momentum.conv1.weight`.
    pub tensors: NamedTensors,
}

impl Optimizer {
    /// The one that the settings name, for all trainable parameters of `network`.
    ///
    /// # Errors
    /// [`Error::Hyperparameter`] (S18).
    pub fn new(network: &Network, settings: &Settings) -> Result<Self, Error> {
        let &Settings { momentum, beta1, beta2, eps, weight_decay, lr, .. } = settings;
        Rates { lr, weight_decay }.check()?;
        let hyper = Hyperparameters { beta1, beta2, eps };
        let adam = |decay| {
            hyper.check()?;
            let hyper = AdamHyperparameters { beta1, beta2, eps, weight_decay, decay };
            Ok(Self::Adam(Adam::new(network, hyper)))
        };
        match settings.optim {
            Optim::Adaact => {
                let (layers, parameters) = (network.preconditioned(), network.parameters());
                Ok(Self::AdaAct(AdaAct::new(layers, parameters, hyper)?, weight_decay))
            }
            Optim::Adam => adam(Decay::Coupled),
            Optim::Adamw => adam(Decay::Decoupled),
            Optim::Sgd => {
                not_negative("momentum", momentum)?;
                // The authors' script for CIFAR-100 asks for Nesterov's momentum.
                let nesterov = settings.dataset == Dataset::Cifar100 && momentum > 0.0;
                let hyper = SgdHyperparameters { momentum, nesterov, weight_decay };
                Ok(Self::Sgd(Sgd::new(network, hyper)))
            }
        }
    }

    /// AdaAct, if it is this one.
    #[must_use]
    pub fn adaact(&self) -> Option<&AdaAct> {
        match self {
            Self::AdaAct(adaact, _) => Some(adaact),
            Self::Sgd(_) | Self::Adam(_) => None,
        }
    }

    /// What has to see the layers' inputs.
    pub fn observer(&mut self) -> Box<dyn Observer + '_> {
        match self {
            Self::AdaAct(adaact, _) => Box::new(adaact),
            Self::Sgd(_) | Self::Adam(_) => Box::new(Unobserved),
        }
    }

    /// One step along the gradients that backward left.
    ///
    /// # Errors
    /// As [`AdaAct::step`].
    pub fn step(&mut self, lr: f64) -> Result<(), Error> {
        match self {
            Self::AdaAct(adaact, weight_decay) => {
                let weight_decay = *weight_decay;
                adaact.step(|_| Rates { lr, weight_decay })?;
            }
            Self::Sgd(sgd) => sgd.step(lr),
            Self::Adam(adam) => adam.step(lr),
        }
        Ok(())
    }

    /// Everything that a later step depends on.
    #[must_use]
    pub fn save(&self) -> Saved {
        match self {
            Self::AdaAct(adaact, _) => {
                let State { step: t, layers } = adaact.state();
                let mut tensors = NamedTensors::new();
                for (name, LayerState { ema, momentum }) in layers {
                    let shape = sizes(&momentum.shape);
                    let m = Tensor::from_slice(&momentum.data).view(&shape[..]);
                    tensors.insert(format!("momentum.{name}"), m);
                    tensors.insert(format!("ema.{name}"), Tensor::from_slice(&ema));
                }
                Saved { t, tensors }
            }
            Self::Sgd(sgd) => Saved { t: 0, tensors: prefixed("momentum", sgd.state()) },
            Self::Adam(adam) => {
                let (t, m, v) = adam.state();
                let mut tensors = prefixed("first", m);
                tensors.extend(prefixed("second", v));
                Saved { t, tensors }
            }
        }
    }

    /// Goes on from what was saved.
    ///
    /// # Errors
    /// If it was saved of another optimizer or network.
    pub fn restore(&mut self, saved: Saved) -> Result<(), Error> {
        let Saved { t, mut tensors } = saved;
        match self {
            Self::AdaAct(adaact, _) => {
                let ema = taken(&mut tensors, "ema");
                let mut momentum = taken(&mut tensors, "momentum");
                nothing_left(tensors)?;
                let layer = |(name, ema): (String, Tensor)| {
                    let missing = || Error::Missing { name: format!("momentum.{name}") };
                    let momentum = download(&momentum.remove(&name).ok_or_else(missing)?);
                    Ok((name, LayerState { ema: values(&ema), momentum }))
                };
                let layers = ema.into_iter().map(layer).collect::<Result<_, Error>>()?;
                adaact.restore(&State { step: t, layers })
            }
            Self::Sgd(sgd) => {
                let momentum = taken(&mut tensors, "momentum");
                nothing_left(tensors)?;
                sgd.restore(momentum)
            }
            Self::Adam(adam) => {
                let m = taken(&mut tensors, "first");
                let v = taken(&mut tensors, "second");
                nothing_left(tensors)?;
                adam.restore(t, m, v)
            }
        }
    }
}

fn prefixed(kind: &str, tensors: &NamedTensors) -> NamedTensors {
    let each = tensors.iter();
    each.map(|(name, tensor)| (format!("{kind}.{name}"), tensor.shallow_clone())).collect()
}

/// Takes the tensors of a kind out, by their names without it.
fn taken(tensors: &mut NamedTensors, kind: &str) -> NamedTensors {
    let prefix = format!("{kind}.");
    let of_kind = tensors.extract_if(.., |name, _| name.starts_with(&prefix));
    of_kind.map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor)).collect()
}

fn nothing_left(tensors: NamedTensors) -> Result<(), Error> {
    match tensors.into_keys().next() {
        Some(name) => Err(Error::Surplus { name }),
        None => Ok(()),
    }
}
