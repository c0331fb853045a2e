//! The reference.

use super::training::{Refusal, Training};
use crate::scenarios::setup::Setup;
use fixtures::{Optimizer, State, Tensor, Tensors, model};
use reference::adaact::{AdaAct, Hyperparameters, LayerShape, Rates};
use reference::convert::{to_array, to_arrays, to_tensors};
use reference::{Error, TensorMap};

pub struct Reference {
    adaact: AdaAct,
    optimizer: Optimizer,
    parameters: TensorMap,
}

impl Reference {
    pub fn start(setup: &Setup) -> Result<Self, Refusal> {
        let Optimizer { betas, eps, .. } = setup.optimizer;
        let trained = setup.trained();
        let layers = model::preconditioned(&trained).into_iter().map(|layer| LayerShape {
            out: layer.out(),
            columns: layer.columns(),
            groups: layer.groups(),
            bias: layer.bias(),
            name: layer.name,
        });
        let adaact = AdaAct::new(Hyperparameters { betas, eps }, layers.collect())?;
        let parameters = to_arrays(&setup.parameters);
        Ok(Self { adaact, optimizer: setup.optimizer.clone(), parameters })
    }
}

impl Training for Reference {
    fn observe(&mut self, layer: &str, a: &[f64]) {
        let a = to_array(&Tensor::new([a.len()], a.to_vec()));
        self.adaact.observe(layer, &a.into_dimensionality().expect("one axis"));
    }

    fn step(&mut self, lr: Option<f64>, gradients: &Tensors) -> Result<(), Refusal> {
        let rates = |parameter: &str| {
            let (lr, weight_decay) = self.optimizer.rates(parameter, lr);
            Rates { lr, weight_decay }
        };
        self.adaact.step(&mut self.parameters, &to_arrays(gradients), &rates)?;
        Ok(())
    }

    fn state(&self) -> State {
        self.adaact.state()
    }

    fn parameters(&self) -> Tensors {
        to_tensors(&self.parameters)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Hyperparameter { name, value, .. } | Error::Rate { rate: name, value, .. } => {
                Refusal::Hyperparameter { name, value }
            }
            Error::NeverObserved { layer } => Refusal::Unobserved { layer },
            other => Refusal::Other(other.to_string()),
        }
    }
}
