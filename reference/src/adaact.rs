//! AdaAct: gradients scaled by how active each input of a layer is.
//!
//! The preconditioned layers are linear layers and convolutions (S1). A row `x_n` is what one
//! output of the layer is computed from: an input vector, or a patch of an image. Whenever a layer
//! is used in training, it observes the mean square of every column of its rows, and averages it:
//!
//! ```text
//! A_j  = (1/N) Σ_n x_nj²                            (S3, S4, S5: see crate::statistic)
//! V    ← β2·V + (1 − β2)·A                          (S6)
//! ```
//!
//! A step, the `t`-th, takes the gradient of a layer as one matrix `[out, columns]`, with a bias
//! as its last column:
//!
//! ```text
//! V̂    = V / (1 − β2ᵗ)                              (S7)
//! s_j  = 1 / (√V̂_j + ε)                             (S8: ε outside the root)
//! G    = [ ∂L/∂weight | ∂L/∂bias ]                  (S9)
//! M    ← β1·M + (1 − β1)·G,   M̂ = M / (1 − β1ᵗ)     (S10)
//! U_ij = M̂_ij · s_j                                 (S11)
//! θ    ← θ·(1 − η·λ),   then   θ ← θ − η·U          (S12)
//! ```
//!
//! A parameter of any other layer takes its gradient as `U` (S13). One scale per column serves all
//! outputs: beside `M`, the state of a layer is one vector.
//!
//! A grouped convolution has columns of its own for every group of outputs. Its `A`, `V` and `s`
//! hold one row of columns per group, and every output takes the row of its group; for all other
//! layers there is one row.
//!
//! The clauses `S1` to `S20` are those of `docs/spec.md`. Source: Seung, Lee, Ko, "An Adaptive
//! Method Stabilizing Activations for Enhanced Generalization", ICDM Workshops 2024
//! (arXiv 2506.08353), and the authors' code, `hseung88/adaact` at commit `bbfcfad`, which decides
//! where the two could differ. Groups are an extension of the code, which fails on them.
//!
//! ```
//! use ndarray::array;
//! use reference::adaact::{AdaAct, Hyperparameters, LayerShape, Rates};
//! use reference::{TensorMap, statistic};
//!
//! # fn main() -> Result<(), reference::Error> {
//! // One output of two inputs, without a bias.
//! let name = "fc".to_owned();
//! let fc = LayerShape { name, out: 1, columns: 2, groups: 1, bias: false };
//! let mut adaact = AdaAct::new(Hyperparameters::default(), vec![fc])?;
//! let mut parameters = TensorMap::from([("fc.weight".to_owned(), array![[1.0, 1.0]].into_dyn())]);
//!
//! // A batch of two rows; the second input is ten times as active as the first.
//! let x = array![[1.0, 10.0], [-1.0, 10.0]].into_dyn();
//! adaact.observe("fc", &statistic::linear_mean_square(&x.view(), false));
//!
//! let gradients = TensorMap::from([("fc.weight".to_owned(), array![[2.0, 20.0]].into_dyn())]);
//! let rates = |_: &str| Rates { lr: 0.25, weight_decay: 0.0 };
//! adaact.step(&mut parameters, &gradients, &rates)?;
//!
//! // Both weights move by lr · 2, but for ε.
//! let expected = array![[0.5, 0.5]].into_dyn();
//! assert!((&parameters["fc.weight"] - &expected).iter().all(|error| error.abs() < 1e-7));
//! # Ok(())
//! # }
//! ```

mod error;
mod rates;
mod shape;
mod state;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use rates::Rates;
pub(crate) use rates::checked_rates;
pub(crate) use shape::by_name;
pub use shape::{LayerShape, gradient_matrix};

use crate::TensorMap;
use ndarray::{Array, Array1, Array2, ArrayD, Dimension, Zip};
use rates::is_rate;
use std::collections::BTreeMap;

/// What holds for all parameters alike (S14).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hyperparameters {
    /// `[β1, β2]`, each in `[0, 1)`: of the averages of gradients and of squared inputs.
    pub betas: [f64; 2],
    /// `ε ≥ 0`, added outside the root (S8).
    ///
    /// With 0, an input that was never active has `s = 1/0` and, since its gradient is 0, the
    /// update `0·∞ = NaN`.
    pub eps: f64,
}

impl Default for Hyperparameters {
    /// The defaults of the authors' code, `cifar10/optimizers/adaact.py`, which their recipes
    /// repeat.
    fn default() -> Self {
        Self { betas: [0.9, 0.999], eps: 1e-8 }
    }
}

impl Hyperparameters {
    fn check(&self) -> Result<(), Error> {
        let [beta1, beta2] = self.betas;
        for (name, beta) in [("beta1", beta1), ("beta2", beta2)] {
            Error::unless((0.0..1.0).contains(&beta), name, beta, "in [0, 1)")?; // S18
        }
        Error::unless(is_rate(self.eps), "eps", self.eps, "finite and at least 0")
    }
}

/// What a step computed for one layer on the way to its update.
#[derive(Clone, Debug, PartialEq)]
pub struct Stages {
    /// `s`, `[groups · columns]` (S8).
    pub scale: Array1<f64>,
    /// `M` after the step, `[out, columns]` (S10).
    pub momentum: Array2<f64>,
    /// `U`, `[out, columns]` (S11).
    pub update: Array2<f64>,
}

// ------------------------------------------------------------------ the equations

/// `x̄ ← β·x̄ + (1 − β)·x`: how `V` follows `A` (S6) and `M` follows `G` (S10).
///
/// # Panics
/// If the shapes differ.
pub fn average<D: Dimension>(mean: &mut Array<f64, D>, x: &Array<f64, D>, beta: f64) {
    Zip::from(mean).and(x).for_each(|mean, &x| *mean = beta * *mean + (1.0 - beta) * x);
}

/// `1 − βᵗ`, the share of an average of `t` values that is not the zero it began with (S7, S10).
///
/// The power is C's `pow`, as in the authors' Python, and rounds once; `powi` multiplies its
/// roundings, and counts to `i32` only.
#[must_use]
pub fn correction(beta: f64, t: u64) -> f64 {
    1.0 - libm::pow(beta, t as f64)
}

/// `s = 1 / (√V̂ + ε)` with `V̂ = V / (1 − β2ᵗ)` (S7, S8).
#[must_use]
pub fn scale(v: &Array1<f64>, t: u64, hyperparameters: &Hyperparameters) -> Array1<f64> {
    let Hyperparameters { betas: [_, beta2], eps } = *hyperparameters;
    let correction = correction(beta2, t);
    v.mapv(|v| {
        let v_hat = v / correction; // S7
        1.0 / (v_hat.sqrt() + eps) // S8
    })
}

/// `U = M̂ · s`, column by column, with `M̂ = M / (1 − β1ᵗ)` (S10, S11).
///
/// `m` is `[out, columns]`; `s` is `[groups · columns]`, a row for every group of outputs.
///
/// # Panics
/// If `s` does not hold whole rows, or they do not divide the outputs.
#[must_use]
pub fn update(
    m: &Array2<f64>,
    s: &Array1<f64>,
    t: u64,
    hyperparameters: &Hyperparameters,
) -> Array2<f64> {
    let (out, columns) = m.dim();
    let groups = s.len() / columns;
    let m_hat = m / correction(hyperparameters.betas[0], t); // S10
    // [out, columns] → [groups, out/groups, columns], times s as [groups, 1, columns]
    let m_hat = m_hat.into_shape_with_order((groups, out / groups, columns)).expect("whole groups");
    let s = s.view().into_shape_with_order((groups, 1, columns)).expect("whole rows");
    let u = m_hat * s; // S11
    u.into_shape_with_order((out, columns)).expect("as many values")
}

/// `θ ← θ·(1 − η·λ)`, then `θ ← θ − η·U` (S12).
///
/// # Panics
/// If the shapes differ.
pub fn descend(parameter: &mut ArrayD<f64>, update: &ArrayD<f64>, rates: Rates) {
    let Rates { lr, weight_decay } = rates;
    let keep = 1.0 - lr * weight_decay;
    Zip::from(parameter).and(update).for_each(|theta, &u| *theta = *theta * keep - lr * u);
}

// ------------------------------------------------------------------ the optimizer

/// The optimizer: hyperparameters, and the state that they act on (S20).
#[derive(Clone, Debug, PartialEq)]
pub struct AdaAct {
    hyperparameters: Hyperparameters,
    /// `t`, the number of completed steps.
    t: u64,
    layers: BTreeMap<String, Layer>,
}

/// A preconditioned layer with its averages.
#[derive(Clone, Debug, PartialEq)]
struct Layer {
    shape: LayerShape,
    /// `V`, `[groups · columns]`.
    v: Array1<f64>,
    /// `M`, `[out, columns]`.
    m: Array2<f64>,
    observation: Observation,
}

/// Whether `V` says anything about a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Observation {
    Never,
    Made,
}

impl AdaAct {
    /// An optimizer before its first step: `t = 0`, `V = 0`, `M = 0`.
    ///
    /// # Errors
    /// If a hyperparameter is invalid (S18), or a layer has no columns, comes twice, or has groups
    /// that do not divide its outputs.
    pub fn new(hyperparameters: Hyperparameters, layers: Vec<LayerShape>) -> Result<Self, Error> {
        hyperparameters.check()?;
        let layers = by_name(layers, Layer::new)?;
        Ok(Self { hyperparameters, t: 0, layers })
    }

    /// A forward in training mode used `layer`: `V` takes up the mean square of its input (S2, S6).
    ///
    /// To be called once per use, in order of execution (S17), with `A` of length
    /// `groups · columns` from [`crate::statistic`].
    ///
    /// # Panics
    /// If the optimizer does not have the layer, or `A` is of another length.
    pub fn observe(&mut self, layer: &str, mean_square: &Array1<f64>) {
        let Some(layer) = self.layers.get_mut(layer) else { panic!("no layer `{layer}`") };
        if self.t == 0 {
            layer.v.fill(0.0); // S6: before the first step only the last observation counts
        }
        average(&mut layer.v, mean_square, self.hyperparameters.betas[1]); // S6
        layer.observation = Observation::Made;
    }

    /// Takes a step along `gradients`, with `η` and `λ` of every parameter from `rates` (S14).
    ///
    /// A parameter without an entry in `gradients` is left alone, and so is its layer's `M` (S15);
    /// `t` rises for all. A skipped step (S19) is a step not taken: nothing to call. Returns what
    /// was computed for every preconditioned layer that has a gradient.
    ///
    /// # Errors
    /// If a layer has a gradient but was never observed, or one for its weight and none for its
    /// bias, or the reverse; if a gradient belongs to no parameter or has another shape; if a rate
    /// is invalid (S18). Nothing has changed then.
    pub fn step(
        &mut self,
        parameters: &mut TensorMap,
        gradients: &TensorMap,
        rates: &dyn Fn(&str) -> Rates,
    ) -> Result<BTreeMap<String, Stages>, Error> {
        let rates = checked_rates(parameters, gradients, rates)?;
        let gradient_matrices = self.gradient_matrices(gradients)?;

        self.t += 1; // S7
        let mut stages = BTreeMap::new();
        let mut updates = TensorMap::new();
        for (name, g) in gradient_matrices {
            let layer = self.layers.get_mut(&name).expect("a layer of this optimizer");
            let of_layer = layer.step(&g, self.t, &self.hyperparameters);
            layer.shape.split(&of_layer.update.view(), parameters, &mut updates);
            stages.insert(name, of_layer);
        }
        for (name, gradient) in gradients {
            let parameter = parameters.get_mut(name).expect("checked above");
            let update = updates.get(name).unwrap_or(gradient); // S13
            descend(parameter, update, rates[name]); // S12
        }
        Ok(stages)
    }

    /// `G` of every layer that has a gradient (S9, S15).
    fn gradient_matrices(
        &self,
        gradients: &TensorMap,
    ) -> Result<Vec<(String, Array2<f64>)>, Error> {
        let mut matrices = Vec::new();
        for (name, layer) in &self.layers {
            if let Some(g) = layer.shape.gradient_matrix(gradients)? {
                if layer.observation == Observation::Never {
                    return Err(Error::NeverObserved { layer: name.clone() }); // S15
                }
                matrices.push((name.clone(), g));
            }
        }
        Ok(matrices)
    }
}

impl Layer {
    fn new(shape: LayerShape) -> Self {
        let v = Array1::zeros(shape.groups * shape.columns);
        let m = Array2::zeros((shape.out, shape.columns));
        Self { shape, v, m, observation: Observation::Never }
    }

    /// S7 to S11.
    fn step(&mut self, g: &Array2<f64>, t: u64, hyperparameters: &Hyperparameters) -> Stages {
        let scale = scale(&self.v, t, hyperparameters); // S7, S8
        average(&mut self.m, g, hyperparameters.betas[0]); // S10: of the raw gradient
        let update = update(&self.m, &scale, t, hyperparameters); // S10, S11
        Stages { scale, momentum: self.m.clone(), update }
    }
}
