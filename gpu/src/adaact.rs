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

mod hyperparameters;
mod layer;
mod parameters;
mod update;

pub(crate) use hyperparameters::not_negative;
pub use hyperparameters::{Hyperparameters, Rates};
pub(crate) use layer::Layer;
pub(crate) use parameters::Parameter;

use crate::backend::{clear_gradient, foreach};
use crate::error::Error;
use crate::observer::Observer;
use crate::preconditioned::Preconditioned;
use fixtures::State;
use hyperparameters::Constants;
use parameters::Parameters;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use tch::Tensor;

/// The optimizer with its state (S20), for one model, whose layers' inputs it observes.
///
/// With plain tch, as in the example of this crate, pass every layer's input to [`AdaAct::observe`]
/// in training, call backward, then [`AdaAct::step`]. A [`Network`](crate::Network) passes the inputs
/// on by itself:
///
/// ```
/// use gpu::{AdaAct, Hyperparameters, NamedTensors, Network, Rates};
/// use tch::{Device, Kind, Tensor};
///
/// let model = [fixtures::Layer::Linear(fixtures::Linear {
///     name: "fc".to_owned(),
///     in_features: 4,
///     out_features: 2,
///     bias: false,
/// })];
/// let weight = Tensor::randn([2, 4], (Kind::Float, Device::Cpu)).set_requires_grad(true);
/// let parameters = NamedTensors::from([("fc.weight".to_owned(), weight)]);
/// let mut network = Network::new(&model, parameters, NamedTensors::new())?;
/// let hyper = Hyperparameters::default();
/// let mut adaact = AdaAct::new(network.preconditioned(), network.parameters(), hyper)?;
///
/// let batch = Tensor::randn([8, 4], (Kind::Float, Device::Cpu));
/// for _ in 0..3 {
///     network.clear_gradients();
///     let output = network.train(&batch, &mut adaact);
///     output.square().mean(Kind::Float).backward();
///     adaact.step(|_parameter| Rates { lr: 0.1, weight_decay: 0.002 })?;
/// }
/// # Ok::<(), gpu::Error>(())
/// ```
pub struct AdaAct {
    hyper: Hyperparameters,
    /// `t`, completed steps.
    t: u64,
    /// The number of every layer that was described, by its name.
    numbers: BTreeMap<String, usize>,
    /// By number; frozen layers are left out.
    layers: BTreeMap<usize, Layer>,
    /// Everything else that is trained (S13).
    plain: Vec<Parameter>,
}

impl AdaAct {
    /// An optimizer at `t = 0` for what is trainable in a model now (S1).
    ///
    /// `layers` describes all linear and convolution layers. `parameters` has all tensors of the
    /// model by full name, as [`tch::nn::VarStore::variables`] returns them: those of `layers` are
    /// preconditioned, the others that require gradients are plain (S13), and the rest is ignored.
    /// The tensors stay shared with the model.
    ///
    /// # Errors
    /// - [`Error::Hyperparameter`] (S18);
    /// - [`Error::Duplicate`] and [`Error::SameTensor`], for a name or a tensor given twice;
    /// - [`Error::Missing`], for a layer without a weight;
    /// - [`Error::Axes`], [`Error::Shape`], [`Error::Groups`], [`Error::Geometry`], [`Error::Place`]
    ///   and [`Error::Layout`], for a weight or bias that does not fit the layer's geometry;
    /// - [`Error::Dtype`] and [`Error::NoLeaf`], for a parameter that requires gradients and cannot be
    ///   trained.
    pub fn new(
        layers: &[Preconditioned],
        parameters: impl IntoIterator<Item = (impl Into<String>, impl Borrow<Tensor>)>,
        hyper: Hyperparameters,
    ) -> Result<Self, Error> {
        hyper.check()?;
        let mut left = Parameters::new(parameters)?;
        let mut adaact =
            Self { hyper, t: 0, numbers: BTreeMap::new(), layers: BTreeMap::new(), plain: vec![] };
        for (number, layer) in layers.iter().enumerate() {
            if adaact.numbers.insert(layer.name.clone(), number).is_some() {
                return Err(Error::Duplicate { name: layer.name.clone() });
            }
            if let Some(trained) = Layer::new(layer, &mut left)? {
                adaact.layers.insert(number, trained);
            }
        }
        adaact.plain = left.trained();
        Ok(adaact)
    }

    /// Shows the optimizer what a layer reads in training; the layer's `V` moves on at once (S6).
    ///
    /// Call it whenever a described layer is used in training, in order of execution, and never in an
    /// evaluation (S2). Call it before the layer runs, or later if nothing has changed the input in
    /// place. A linear layer's input is `[batch, …, in]`, a convolution's `[batch, in, y, x]`. No
    /// gradient flows through here, and nothing of the input is kept. The input of a frozen layer is
    /// ignored (S15).
    ///
    /// # Errors
    /// [`Error::Undescribed`], and [`Error::Axes`] and [`Error::Place`] for an input that the layer
    /// cannot read.
    pub fn observe(&mut self, layer: &str, input: &Tensor) -> Result<(), Error> {
        let Some(&number) = self.numbers.get(layer) else {
            return Err(Error::Undescribed { layer: layer.to_owned() });
        };
        if let Some(layer) = self.layers.get(&number) {
            layer.check_input(input)?;
        }
        tch::no_grad(|| self.observe_layer(number, input));
        Ok(())
    }

    /// Moves `V` towards the `A` of an input (S6), and returns `A`; `None` for a frozen layer.
    pub(crate) fn observe_layer(&mut self, number: usize, input: &Tensor) -> Option<Tensor> {
        let a = self.layers.get_mut(&number)?.mean_square(input);
        self.average(number, &a);
        Some(a)
    }

    /// Moves the `V` of layer `number`, counted as they were described, towards an `A`,
    /// `[groups, columns]` (S6).
    ///
    /// For other ways to compute `A`; [`AdaAct::observe`] computes it itself.
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

    /// Makes the gradient of every trained parameter absent; call it before a step's first backward.
    pub fn clear_gradients(&mut self) {
        let owned = self.layers.values_mut().flat_map(Layer::parameters_mut);
        owned.chain(&mut self.plain).for_each(|parameter| clear_gradient(&mut parameter.tensor));
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
                return Err(Error::Unobserved { layer: layer.name().to_owned() }); // S15
            }
        }
        let owned = self.layers.values().flat_map(Layer::parameters);
        owned.chain(&self.plain).try_for_each(|parameter| rates(&parameter.name).check())?;

        self.t += 1; // S7
        let constants = self.constants();
        let moving: Vec<&Layer> = self.layers.values().filter(|l| l.has_gradient()).collect();
        tch::no_grad(|| {
            update::step_layers(&moving, constants, &rates);
            update::step_plain(&self.plain, &rates);
        });
        Ok(())
    }

    /// `t` and every layer's `V` and `M`; no layers at `t = 0`, where nothing of them counts (S20).
    #[must_use]
    pub fn state(&self) -> State {
        let mut layers = BTreeMap::new();
        if self.t > 0 {
            let states = self.layers.values().map(|layer| (layer.name().to_owned(), layer.state()));
            layers.extend(states);
        }
        State { step: self.t, layers }
    }

    /// Goes on from a saved state, as if there had been no stop (S20).
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Surplus`] and [`Error::Shape`], if the state is that of another
    /// network; this one's is unchanged then.
    pub fn restore(&mut self, state: &State) -> Result<(), Error> {
        let trained = |number| self.layers.contains_key(number);
        let known = |name| state.step > 0 && self.numbers.get(name).is_some_and(trained);
        if let Some(name) = state.layers.keys().find(|&name| !known(name)) {
            return Err(Error::Surplus { name: name.clone() });
        }
        if state.step > 0 {
            for layer in self.layers.values() {
                layer.check(state.layers.get(layer.name()))?;
            }
        }
        self.t = state.step;
        for layer in self.layers.values_mut() {
            layer.restore(state.layers.get(layer.name()));
        }
        Ok(())
    }

    /// The full name of the first layer, in the model's order, whose `V` is not finite.
    #[must_use]
    pub fn first_not_finite(&self) -> Option<&str> {
        let infinite = |layer: &&Layer| !bool::try_from(layer.v.isfinite().all()).unwrap_or(false);
        self.layers.values().find(infinite).map(Layer::name)
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
        self.hyper.constants(self.t)
    }
}

impl Observer for AdaAct {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        self.observe_layer(layer, input);
    }
}
