//! FOOF, gradient descent on neurons: AdaAct's parent, which keeps the whole covariance of a
//! layer's input where AdaAct keeps its diagonal.
//!
//! With the rows `X`, `[N, columns]`, of a layer's input, and its gradient `G`, `[out, columns]`:
//!
//! ```text
//! F ← β·F + (1 − β)·(1/N)·XᵀX        at every observation
//! U = G · (F/(1 − βᵗ) + δ·1)⁻¹       by a Cholesky factorisation
//! θ ← θ·(1 − η·λ),  θ ← θ − η·U
//! ```
//!
//! Rows, observation, groups, gradients and plain parameters are those of AdaAct (S3 to S7, S9, S12
//! to S15), so that `V` is the diagonal of `F`. Source: Benzing, "Gradient Descent on Neurons and
//! its Link to Approximate Second-order Optimization", ICML 2022, without momentum and with `F`
//! factorised anew in every step.

use crate::TensorMap;
use crate::adaact::{LayerShape, Rates, average, by_name, checked_rates, correction, descend};
use ndarray::{Array2, ArrayView2, Axis};
use ndarray_linalg::{FactorizeCInto, SolveC, UPLO};
use std::collections::BTreeMap;

/// What holds for all parameters alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hyperparameters {
    /// `β` of the average of covariances, in `[0, 1)`.
    pub decay: f64,
    /// `δ ≥ 0`, added to the diagonal.
    pub damping: f64,
}

/// A reason why a step was not taken. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// As for AdaAct.
    #[error(transparent)]
    Refused(#[from] crate::Error),
    /// The damped covariance cannot be inverted: the damping is too small for it.
    #[error("the damped covariance of layer `{layer}` is not positive definite")]
    NotPositiveDefinite {
        /// The layer's full name.
        layer: String,
    },
}

/// The optimizer: hyperparameters, and the state that they act on.
#[derive(Clone, Debug, PartialEq)]
pub struct Foof {
    hyperparameters: Hyperparameters,
    /// `t`, the number of completed steps.
    t: u64,
    layers: BTreeMap<String, Layer>,
}

#[derive(Clone, Debug, PartialEq)]
struct Layer {
    shape: LayerShape,
    /// `F` of every group, `[columns, columns]`; none before the first observation.
    factors: Vec<Array2<f64>>,
}

/// `(1/N)·XᵀX` of the rows `X`, `[N, columns]`, as [`crate::statistic::plain`] gives them.
#[must_use]
pub fn covariance(rows: &ArrayView2<f64>) -> Array2<f64> {
    // [N, columns]ᵀ · [N, columns] = [columns, columns]
    rows.t().dot(rows) / rows.nrows() as f64
}

impl Foof {
    /// An optimizer before its first step.
    ///
    /// # Errors
    /// If a hyperparameter is invalid, or the layers are, as for
    /// [`AdaAct::new`](crate::adaact::AdaAct::new).
    pub fn new(
        hyperparameters: Hyperparameters,
        layers: Vec<LayerShape>,
    ) -> Result<Self, crate::Error> {
        let Hyperparameters { decay, damping } = hyperparameters;
        crate::Error::unless((0.0..1.0).contains(&decay), "decay", decay, "in [0, 1)")?;
        let is_valid = damping.is_finite() && damping >= 0.0;
        crate::Error::unless(is_valid, "damping", damping, "finite and at least 0")?;
        let layers = by_name(layers, |shape| Layer { shape, factors: Vec::new() })?;
        Ok(Self { hyperparameters, t: 0, layers })
    }

    /// A forward in training mode used `layer`: `F` takes up the [`covariance`] of every group.
    ///
    /// # Panics
    /// If the optimizer does not have the layer, or a covariance is missing or of another shape.
    pub fn observe(&mut self, layer: &str, covariances: &[Array2<f64>]) {
        let Some(Layer { shape, factors }) = self.layers.get_mut(layer) else {
            panic!("no layer `{layer}`")
        };
        assert_eq!(covariances.len(), shape.groups, "covariances of layer `{layer}`");
        if self.t == 0 || factors.is_empty() {
            *factors = vec![Array2::zeros((shape.columns, shape.columns)); shape.groups]; // S6
        }
        for (factor, covariance) in factors.iter_mut().zip(covariances) {
            average(factor, covariance, self.hyperparameters.decay); // S6
        }
    }

    /// `F` of every group of a layer.
    ///
    /// # Panics
    /// If the optimizer does not have the layer.
    #[must_use]
    pub fn factors(&self, layer: &str) -> &[Array2<f64>] {
        &self.layers[layer].factors
    }

    /// Takes a step along `gradients`; parameters without one are left alone.
    ///
    /// # Errors
    /// As [`crate::adaact::AdaAct::step`], or if a damped covariance is not positive definite.
    pub fn step(
        &mut self,
        parameters: &mut TensorMap,
        gradients: &TensorMap,
        rates: &dyn Fn(&str) -> Rates,
    ) -> Result<(), Error> {
        let rates = checked_rates(parameters, gradients, rates)?;
        let t = self.t + 1; // S7
        let mut updates = TensorMap::new();
        for (name, layer) in &self.layers {
            if let Some(g) = layer.shape.gradient_matrix(gradients)? {
                if layer.factors.is_empty() {
                    return Err(crate::Error::NeverObserved { layer: name.clone() }.into()); // S15
                }
                let u = layer.precondition(g, t, &self.hyperparameters)?;
                layer.shape.split(&u.view(), parameters, &mut updates);
            }
        }
        self.t = t;
        for (name, gradient) in gradients {
            let parameter = parameters.get_mut(name).expect("checked above");
            let update = updates.get(name).unwrap_or(gradient); // S13
            descend(parameter, update, rates[name]); // S12
        }
        Ok(())
    }
}

impl Layer {
    /// `U = G·(F/(1 − βᵗ) + δ·1)⁻¹`, a group of outputs at a time.
    fn precondition(
        &self,
        mut g: Array2<f64>,
        t: u64,
        hyperparameters: &Hyperparameters,
    ) -> Result<Array2<f64>, Error> {
        let Hyperparameters { decay, damping } = *hyperparameters;
        let outputs = g.nrows() / self.factors.len();
        let singular = |_| Error::NotPositiveDefinite { layer: self.shape.name.clone() };
        for (mut g, factor) in g.axis_chunks_iter_mut(Axis(0), outputs).zip(&self.factors) {
            let mut damped = factor / correction(decay, t);
            damped.diag_mut().iter_mut().for_each(|diagonal| *diagonal += damping);
            let cholesky = damped.factorizec_into(UPLO::Lower).map_err(singular)?;
            for mut row in g.rows_mut() {
                // The damped factor is its own transpose: u·F = g is F·uᵀ = gᵀ.
                cholesky.solvec_inplace(&mut row).map_err(singular)?;
            }
        }
        Ok(g)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adaact::AdaAct;
    use crate::statistic::{self, plain};
    use fixtures::Conv2d;
    use ndarray::{Array1, Array4, ArrayD, IxDyn, array};
    use rand::SeedableRng;
    use rand::distr::{Distribution, Uniform};
    use rand_chacha::ChaCha8Rng;

    fn map<const N: usize>(tensors: [(&str, ArrayD<f64>); N]) -> TensorMap {
        tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into()
    }

    /// The damped factor is `[[3, 1], [1, 2]] + 1 = [[4, 1], [1, 3]]`, of determinant 11.
    #[test]
    fn a_step_by_hand() {
        let name = "fc".to_owned();
        let fc = LayerShape { name, out: 1, columns: 2, groups: 1, bias: false };
        let hyperparameters = Hyperparameters { decay: 0.5, damping: 1.0 };
        let mut foof = Foof::new(hyperparameters, vec![fc]).unwrap();
        foof.observe("fc", &[array![[3.0, 1.0], [1.0, 2.0]]]);
        let mut parameters = map([("fc.weight", array![[1.0, 1.0]].into_dyn())]);
        let gradients = map([("fc.weight", array![[11.0, 22.0]].into_dyn())]);
        let rates = |_: &str| Rates { lr: 0.5, weight_decay: 0.25 };
        foof.step(&mut parameters, &gradients, &rates).unwrap();
        // U = [11, 22]·[[3, −1], [−1, 4]]/11 = [1, 7]; θ = 7/8 − U/2.
        let error = &parameters["fc.weight"] - &array![[0.375, -2.625]].into_dyn();
        // The condition number is below 3; some ten roundings of values below 8.
        assert!(error.iter().all(|e| e.abs() <= 3.0 * 10.0 * 8.0 * f64::EPSILON), "{error}");
    }

    #[test]
    fn every_group_of_outputs_takes_its_own_factor() {
        let name = "conv".to_owned();
        let conv = LayerShape { name, out: 4, columns: 1, groups: 2, bias: false };
        let hyperparameters = Hyperparameters { decay: 0.5, damping: 1.0 };
        let mut foof = Foof::new(hyperparameters, vec![conv]).unwrap();
        foof.observe("conv", &[array![[3.0]], array![[15.0]]]);
        let mut parameters = map([("conv.weight", ArrayD::zeros(vec![4, 1, 1, 1]))]);
        let gradients = map([("conv.weight", ArrayD::from_elem(vec![4, 1, 1, 1], -16.0))]);
        let rates = |_: &str| Rates { lr: 1.0, weight_decay: 0.0 };
        foof.step(&mut parameters, &gradients, &rates).unwrap();
        // 16/(3 + 1) and 16/(15 + 1); their roots 2 and 4 are exact, and so is Cholesky.
        let weights: Vec<f64> = parameters["conv.weight"].iter().copied().collect();
        assert_eq!(weights, [4.0, 4.0, 1.0, 1.0]);
    }

    #[test]
    fn a_covariance_by_hand() {
        let rows = array![[1.0, 2.0, 1.0], [3.0, -2.0, 1.0]];
        let expected = array![[5.0, -2.0, 2.0], [-2.0, 4.0, 0.0], [2.0, 0.0, 1.0]];
        assert_eq!(covariance(&rows.view()), expected);
    }

    #[test]
    fn a_dead_column_needs_damping() {
        let name = "fc".to_owned();
        let fc = LayerShape { name, out: 1, columns: 2, groups: 1, bias: false };
        let hyperparameters = Hyperparameters { decay: 0.5, damping: 0.0 };
        let mut foof = Foof::new(hyperparameters, vec![fc]).unwrap();
        let mut parameters = map([("fc.weight", array![[1.0, 1.0]].into_dyn())]);
        let gradients = map([("fc.weight", array![[1.0, 0.0]].into_dyn())]);
        let rates = |_: &str| Rates { lr: 0.5, weight_decay: 0.0 };
        let mut step =
            |foof: &mut Foof| foof.step(&mut parameters, &gradients, &rates).unwrap_err();
        let never = crate::Error::NeverObserved { layer: "fc".to_owned() };
        assert_eq!(step(&mut foof), Error::Refused(never));
        foof.observe("fc", &[array![[1.0, 0.0], [0.0, 0.0]]]);
        assert_eq!(step(&mut foof), Error::NotPositiveDefinite { layer: "fc".to_owned() });
    }

    fn random(shape: &[usize], rng: &mut ChaCha8Rng) -> ArrayD<f64> {
        let uniform = Uniform::new(-1.0, 3.0).unwrap();
        ArrayD::from_shape_simple_fn(IxDyn(shape), || uniform.sample(rng))
    }

    /// `V` is the diagonal of `F`, with observations and steps in any order.
    fn assert_diagonal(
        shape: &LayerShape,
        observations: &[(Array1<f64>, Vec<Array2<f64>>)],
        gradients: &TensorMap,
    ) {
        let beta = 0.7;
        let betas = [0.9, beta];
        let hyperparameters = crate::adaact::Hyperparameters { betas, eps: 1e-8 };
        let mut adaact = AdaAct::new(hyperparameters, vec![shape.clone()]).unwrap();
        let hyperparameters = Hyperparameters { decay: beta, damping: 0.1 };
        let mut foof = Foof::new(hyperparameters, vec![shape.clone()]).unwrap();
        let rates = |_: &str| Rates { lr: 0.1, weight_decay: 0.0 };
        let (mut ours, mut theirs) = (gradients.clone(), gradients.clone());

        for (i, (mean_square, covariances)) in observations.iter().enumerate() {
            adaact.observe(&shape.name, mean_square);
            foof.observe(&shape.name, covariances);
            let factors = foof.factors(&shape.name).iter();
            let diagonal: Array1<f64> = factors.flat_map(|f| f.diag().to_vec()).collect();
            let v = adaact.ema(&shape.name);
            // Both sum fewer than 64 squares, in different orders, and average 5 times.
            let bound = 2.0 * (64.0 + 5.0 * 3.0) * f64::EPSILON;
            for (v, f) in v.iter().zip(&diagonal) {
                assert!((v - f).abs() <= bound * f, "{v} is not {f}");
            }
            assert_eq!(v.len(), diagonal.len());
            if i % 2 == 1 {
                adaact.step(&mut ours, gradients, &rates).unwrap();
                foof.step(&mut theirs, gradients, &rates).unwrap();
            }
        }
    }

    #[test]
    fn adaact_keeps_the_diagonal_of_a_linear_layer() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let name = "fc".to_owned();
        let shape = LayerShape { name, out: 2, columns: 5, groups: 1, bias: true };
        let observations: Vec<_> = (0..5)
            .map(|_| {
                let x = random(&[3, 2, 4], &mut rng);
                let rows = plain::linear_rows(&x.view(), true);
                let a = statistic::linear_mean_square(&x.view(), true);
                (a, vec![covariance(&rows.view())])
            })
            .collect();
        let gradients =
            map([("fc.weight", random(&[2, 4], &mut rng)), ("fc.bias", random(&[2], &mut rng))]);
        assert_diagonal(&shape, &observations, &gradients);
    }

    #[test]
    fn adaact_keeps_the_diagonal_of_a_grouped_convolution() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let layer = Conv2d {
            name: "conv".to_owned(),
            in_channels: 4,
            out_channels: 6,
            kernel: [2, 3],
            stride: [2, 1],
            padding: [1, 0],
            dilation: [1, 2],
            groups: 2,
            bias: true,
        };
        let name = layer.name.clone();
        let shape = LayerShape { name, out: 6, columns: 13, groups: 2, bias: true };
        let observations: Vec<_> = (0..5)
            .map(|_| {
                let x: Array4<f64> = random(&[3, 4, 5, 7], &mut rng).into_dimensionality().unwrap();
                let rows = (0..2).map(|group| plain::patches(&x.view(), &layer, group));
                let covariances = rows.map(|rows| covariance(&rows.view())).collect();
                (statistic::conv2d_mean_square(&x.view(), &layer), covariances)
            })
            .collect();
        let gradients = map([
            ("conv.weight", random(&[6, 2, 2, 3], &mut rng)),
            ("conv.bias", random(&[6], &mut rng)),
        ]);
        assert_diagonal(&shape, &observations, &gradients);
    }
}
