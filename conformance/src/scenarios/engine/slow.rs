//! The slow copy, by AdaAct's rules or with a mistake.

use super::training::{Refusal, Training};
use crate::scenarios::setup::Setup;
use fixtures::{LayerState, State, Tensors, model};
use slow::{AdaAct, Array, Arrays, Observations, Refused, Rules, Scalar};

pub struct Slow<S: Scalar> {
    adaact: AdaAct<S>,
    parameters: Arrays<S>,
    /// Since the last step: the slow copy takes up a step's observations together.
    observed: Observations<S>,
}

impl<S: Scalar> Slow<S> {
    pub fn start(setup: &Setup, rules: &dyn Rules<S>) -> Result<Self, Refusal> {
        let trained = setup.trained();
        let layers = model::preconditioned(&trained);
        let adaact = AdaAct::new(&layers, &setup.optimizer, None, rules)?;
        let parameters = Array::from_tensors(&setup.parameters);
        Ok(Self { adaact, parameters, observed: Observations::new() })
    }
}

impl<S: Scalar> Training for Slow<S> {
    fn observe(&mut self, layer: &str, a: &[f64]) {
        let a = a.iter().map(|&a| S::new(a)).collect();
        self.observed.entry(layer.to_owned()).or_default().push(a);
    }

    fn step(&mut self, lr: Option<f64>, gradients: &Tensors) -> Result<(), Refusal> {
        self.adaact.observe(&std::mem::take(&mut self.observed));
        let gradients = Array::from_tensors(gradients);
        self.adaact.step(lr, &gradients, &mut self.parameters)?;
        Ok(())
    }

    fn state(&self) -> State {
        let layers = self.adaact.layers().iter().filter(|_| self.adaact.t() > 0).map(|layer| {
            let (shape, averages) = (&layer.shape, &layer.averages);
            let ema = averages.v.iter().map(|v| v.value()).collect();
            let momentum = shape.to_tensor(&averages.m);
            (shape.name.clone(), LayerState { ema, momentum })
        });
        State { step: self.adaact.t(), layers: layers.collect() }
    }

    fn parameters(&self) -> Tensors {
        Array::to_tensors(&self.parameters)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Hyperparameter { name, value } => Refusal::Hyperparameter { name, value },
            Refused::Unobserved { layer } => Refusal::Unobserved { layer },
        }
    }
}
