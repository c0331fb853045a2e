//! AdaAct, in place, without gradient tracking.
//!
//! Per preconditioned layer, with `A` the mean square of its input columns, `G` its gradient as a
//! matrix `[out, columns]`, and `t` the number of steps, this one included:
//!
//! ```text
//! V ← β2·V + (1−β2)·A                     at every observation             S6
//! M ← β1·M + (1−β1)·G                     once per step                    S10
//! U = M/(1−β1^t) · s    s = 1/(√(V/(1−β2^t)) + ε)                          S7, S8, S11
//! θ ← θ·(1−η·λ)         θ ← θ − η·U                                        S12
//! ```
//!
//! Every other parameter is plain: its `U` is its gradient (S13).

mod layer;

use crate::backend::foreach;
use crate::network::Network;
use crate::{Error, Observer};
use fixtures::State;
pub(crate) use layer::Layer;
use std::collections::BTreeMap;
use tch::Tensor;

/// The hyperparameters that are the same for all parameters (S14).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hyperparameters {
    /// `β1` in `[0, 1)`: the average of gradients.
    pub beta1: f64,
    /// `β2` in `[0, 1)`: the average of squared inputs.
    pub beta2: f64,
    /// `ε ≥ 0`, outside the root (S8).
    pub eps: f64,
}

impl Default for Hyperparameters {
    /// The authors' recipe for CIFAR-10.
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8 }
    }
}

/// What every parameter has of its own (S14).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Learning rate `η ≥ 0`.
    pub lr: f64,
    /// Decoupled weight decay `λ ≥ 0`.
    pub weight_decay: f64,
}

/// The scalars of one step, computed in float64 whatever the tensors' dtype (S7).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Constants {
    beta1: f64,
    eps: f64,
    /// `1 − β1^t`
    unbias_m: f64,
    /// `1 − β2^t`
    unbias_v: f64,
}

/// A parameter of the network, shared with it.
pub(crate) struct Parameter {
    pub name: String,
    pub tensor: Tensor,
}

/// The optimizer with its state (S20), for one network, whose layers it observes.
pub struct AdaAct {
    hyper: Hyperparameters,
    /// `t`, completed steps.
    t: u64,
    /// By the layer's number in the network; frozen layers are left out.
    layers: BTreeMap<usize, Layer>,
    /// Everything else that is trained (S13).
    plain: Vec<Parameter>,
}

impl AdaAct {
    /// An optimizer at `t = 0` for what is trainable in `network` now (S1).
    ///
    /// # Errors
    /// [`Error::Hyperparameter`] (S18).
    pub fn new(network: &Network, hyper: Hyperparameters) -> Result<Self, Error> {
        hyper.check()?;
        let layers: BTreeMap<_, _> = (0..)
            .zip(network.layers())
            .filter(|(_, layer)| layer.weight.requires_grad())
            .map(|(number, layer)| (number, Layer::new(layer)))
            .collect();
        let owned = |name: &str| layers.values().any(|l| l.parameters().any(|p| p.name == name));
        let plain = network
            .parameters()
            .iter()
            .filter(|(name, tensor)| tensor.requires_grad() && !owned(name))
            .map(|(name, tensor)| Parameter::new(name.clone(), tensor))
            .collect();
        Ok(Self { hyper, t: 0, layers, plain })
    }

    /// Moves the `V` of layer `number` towards an `A`, `[groups, columns]` (S6).
    ///
    /// For other ways to compute `A`; as an [`Observer`], this type computes it itself.
    pub fn average(&mut self, number: usize, a: &Tensor) {
        let Some(layer) = self.layers.get_mut(&number) else { return };
        layer.observed = true;
        if self.t == 0 {
            let _ = layer.v.zero_(); // S6: until a step is completed, only the last one counts
        }
        let v = &mut [layer.v.shallow_clone()];
        foreach::mul_(v, &[self.hyper.beta2]);
        foreach::add_(v, &[a.shallow_clone()], 1.0 - self.hyper.beta2);
    }

    /// As an observer does, and returns `A`; `None` for a layer that is not preconditioned.
    pub(crate) fn take_in(&mut self, number: usize, input: &Tensor) -> Option<Tensor> {
        let a = self.layers.get_mut(&number)?.statistic.mean_square(input);
        self.average(number, &a);
        Some(a)
    }

    /// One step along the gradients that backward left; they stay as they are (S7–S15).
    ///
    /// `rates` gives `η` and `λ` of a parameter by its full name.
    ///
    /// # Errors
    /// [`Error::Unobserved`] (S15) and [`Error::Hyperparameter`] (S18); nothing has changed then.
    pub fn step(&mut self, rates: impl Fn(&str) -> Rates) -> Result<(), Error> {
        for layer in self.layers.values() {
            if layer.has_gradient() && !layer.observed {
                return Err(Error::Unobserved { layer: layer.name.clone() }); // S15
            }
        }
        let owned = self.layers.values().flat_map(Layer::parameters);
        owned.chain(&self.plain).try_for_each(|parameter| rates(&parameter.name).check())?;

        self.t += 1; // S7
        let constants = self.constants();
        let moving: Vec<&Layer> = self.layers.values().filter(|l| l.has_gradient()).collect();
        tch::no_grad(|| {
            layer::step(&moving, constants, &rates);
            self.step_along_gradients(&rates);
        });
        Ok(())
    }

    /// The step of plain parameters (S13), of those that have a gradient (S15).
    fn step_along_gradients(&self, rates: &impl Fn(&str) -> Rates) {
        let moving = self.plain.iter().filter(|parameter| parameter.tensor.grad().defined());
        let (mut theta, (g, rates)): (Vec<_>, (Vec<_>, Vec<_>)) = moving
            .map(|parameter| {
                let Parameter { name, tensor } = parameter;
                (tensor.shallow_clone(), (tensor.grad(), rates(name)))
            })
            .unzip();
        let decays: Vec<_> =
            rates.iter().map(|rates| 1.0 - rates.lr * rates.weight_decay).collect();
        let steps: Vec<_> = rates.iter().map(|rates| rates.lr).collect();
        foreach::mul_(&mut theta, &decays); // S12
        foreach::add_(&mut theta, &foreach::mul(&g, &steps), -1.0);
    }

    /// `t` and every layer's `V` and `M`; no layers at `t = 0`, where nothing of them counts (S20).
    #[must_use]
    pub fn state(&self) -> State {
        let mut layers = BTreeMap::new();
        if self.t > 0 {
            layers.extend(self.layers.values().map(|layer| (layer.name.clone(), layer.state())));
        }
        State { step: self.t, layers }
    }

    /// Goes on from a saved state, as if there had been no stop (S20).
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Surplus`] and [`Error::Shape`], if the state is that of another
    /// network; this one's is unchanged then.
    pub fn restore(&mut self, state: &State) -> Result<(), Error> {
        let known = |name: &str| state.step > 0 && self.layers.values().any(|l| l.name == name);
        if let Some(name) = state.layers.keys().find(|name| !known(name)) {
            return Err(Error::Surplus { name: name.clone() });
        }
        if state.step > 0 {
            for layer in self.layers.values() {
                layer.check(state.layers.get(&layer.name))?;
            }
        }
        self.t = state.step;
        for layer in self.layers.values_mut() {
            layer.restore(state.layers.get(&layer.name));
        }
        Ok(())
    }

    /// The full name of the first layer, in the model's order, whose `V` is not finite.
    #[must_use]
    pub fn first_not_finite(&self) -> Option<&str> {
        let infinite = |layer: &&Layer| !bool::try_from(layer.v.isfinite().all()).unwrap_or(false);
        self.layers.values().find(infinite).map(|layer| layer.name.as_str())
    }

    /// `t`
    pub(crate) fn t(&self) -> u64 {
        self.t
    }

    /// The preconditioned layers with their numbers.
    pub(crate) fn layers(&self) -> impl Iterator<Item = (usize, &Layer)> {
        self.layers.iter().map(|(&number, layer)| (number, layer))
    }

    /// Parameters outside the preconditioned layers.
    pub(crate) fn plain(&self) -> &[Parameter] {
        &self.plain
    }

    /// The scalars of step `t`.
    pub(crate) fn constants(&self) -> Constants {
        let unbias = |beta: f64| 1.0 - beta.powf(self.t as f64);
        let Hyperparameters { beta1, beta2, eps } = self.hyper;
        Constants { beta1, eps, unbias_m: unbias(beta1), unbias_v: unbias(beta2) }
    }
}

impl Observer for AdaAct {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        self.take_in(layer, input);
    }
}

impl Hyperparameters {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Self { beta1, beta2, eps } = *self;
        for (name, beta) in [("beta1", beta1), ("beta2", beta2)] {
            if !(0.0..1.0).contains(&beta) {
                return Err(Error::Hyperparameter { name, value: beta, range: "in [0, 1)" });
            }
        }
        not_negative("eps", eps)
    }
}

impl Rates {
    pub(crate) fn check(self) -> Result<(), Error> {
        not_negative("lr", self.lr)?;
        not_negative("weight_decay", self.weight_decay)
    }
}

/// S18
pub(crate) fn not_negative(name: &'static str, value: f64) -> Result<(), Error> {
    if value >= 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(Error::Hyperparameter { name, value, range: "finite and not negative" })
    }
}

impl Parameter {
    fn new(name: String, tensor: &Tensor) -> Self {
        Self { name, tensor: tensor.shallow_clone() }
    }
}
