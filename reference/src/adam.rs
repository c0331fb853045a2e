//! Adam and AdamW, as PyTorch has them.
//!
//! With the gradient `g` of a parameter `θ`, its averages `m` and `v` (0 before), and `t` its own
//! number of steps, this one included:
//!
//! ```text
//! g ← g + λ·θ                       Adam:  coupled decay
//! θ ← θ·(1 − η·λ)                   AdamW: decoupled decay
//! m ← β1·m + (1 − β1)·g
//! v ← β2·v + (1 − β2)·g²
//! θ ← θ − η/(1 − β1ᵗ) · m / (√v/√(1 − β2ᵗ) + ε)
//! ```
//!
//! Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015; Loshchilov and
//! Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, who multiply `λ` by a schedule of
//! its own; here as in `torch.optim.Adam` and `AdamW` of PyTorch 2.11, where `η` multiplies it.

use crate::adaact::{Rates, average, checked_rates, correction};
use crate::{Error, TensorMap};
use ndarray::{ArrayD, Zip};
use std::collections::BTreeMap;

/// What holds for all parameters alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hyperparameters {
    /// `[β1, β2]`, each in `[0, 1)`: of the averages of gradients and of their squares.
    pub betas: [f64; 2],
    /// `ε ≥ 0`, added to the root after its correction.
    pub eps: f64,
    /// How weights decay.
    pub weight_decay: WeightDecay,
}

/// The two ways of decay; its rate `λ` is the parameter's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightDecay {
    /// Adam: part of the gradient, and so averaged and scaled.
    Coupled,
    /// AdamW: of the parameter itself, before the step.
    Decoupled,
}

/// The optimizer: hyperparameters, and the state that they act on.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    hyperparameters: Hyperparameters,
    /// The averages of every parameter that ever had a gradient.
    pub moments: BTreeMap<String, Moments>,
}

/// The averages of one parameter, in its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// `t`, the number of steps with a gradient of this parameter.
    pub step: u64,
    /// `m`, of the gradient.
    pub mean: ArrayD<f64>,
    /// `v`, of its square.
    pub square: ArrayD<f64>,
}

impl Adam {
    /// An optimizer before its first step.
    ///
    /// # Errors
    /// If a β is outside `[0, 1)`, or `ε` is negative or not finite.
    pub fn new(hyperparameters: Hyperparameters) -> Result<Self, Error> {
        let Hyperparameters { betas: [beta1, beta2], eps, .. } = hyperparameters;
        for (name, beta) in [("beta1", beta1), ("beta2", beta2)] {
            Error::unless((0.0..1.0).contains(&beta), name, beta, "in [0, 1)")?;
        }
        Error::unless(eps.is_finite() && eps >= 0.0, "eps", eps, "finite and at least 0")?;
        Ok(Self { hyperparameters, moments: BTreeMap::new() })
    }

    /// Takes a step along `gradients`; parameters without one, and their averages, are left alone.
    ///
    /// # Errors
    /// If a gradient belongs to no parameter or has another shape, or a rate is invalid. Nothing
    /// has changed then.
    pub fn step(
        &mut self,
        parameters: &mut TensorMap,
        gradients: &TensorMap,
        rates: &dyn Fn(&str) -> Rates,
    ) -> Result<(), Error> {
        let rates = checked_rates(parameters, gradients, rates)?;
        for (name, gradient) in gradients {
            let moments =
                self.moments.entry(name.clone()).or_insert_with(|| Moments::new(gradient.shape()));
            let theta = parameters.get_mut(name).expect("checked above");
            moments.step(theta, gradient, rates[name], &self.hyperparameters);
        }
        Ok(())
    }
}

impl Moments {
    fn new(shape: &[usize]) -> Self {
        Self { step: 0, mean: ArrayD::zeros(shape), square: ArrayD::zeros(shape) }
    }

    fn step(
        &mut self,
        theta: &mut ArrayD<f64>,
        g: &ArrayD<f64>,
        rates: Rates,
        h: &Hyperparameters,
    ) {
        let Rates { lr, weight_decay } = rates;
        let Hyperparameters { betas: [beta1, beta2], eps, .. } = *h;
        let mut g = g.clone();
        match h.weight_decay {
            WeightDecay::Coupled => g.scaled_add(weight_decay, theta),
            WeightDecay::Decoupled => *theta *= 1.0 - lr * weight_decay,
        }
        self.step += 1;
        average(&mut self.mean, &g, beta1);
        average(&mut self.square, &(&g * &g), beta2);

        let lr = lr / correction(beta1, self.step);
        let root = correction(beta2, self.step).sqrt();
        Zip::from(theta).and(&self.mean).and(&self.square).for_each(|theta, &m, &v| {
            *theta -= lr * m / (v.sqrt() / root + eps);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// `β1 = 1/2`, `β2 = 3/5`, `ε = 1/2`. Every test steps along `g = 3`, then `g = 1`, decay
    /// included, so that with `η = 1/2`
    ///
    /// ```text
    /// t = 1: m = 3/2, v = 18/5;  m̂ = 3, v̂ = 9;                    step 1/2 · 3/(3 + 1/2) = 3/7
    /// t = 2: m = 5/4, v = 64/25; m̂ = 5/3, v̂ = (64/25)/(16/25) = 4; step 1/2 · (5/3)/(5/2) = 1/3
    /// ```
    fn adam(weight_decay: WeightDecay) -> Adam {
        Adam::new(Hyperparameters { betas: [0.5, 0.6], eps: 0.5, weight_decay }).unwrap()
    }

    /// The parameter after each of the `gradients`, with `η = 1/2` and `λ = 1/4`.
    fn steps(adam: &mut Adam, theta: f64, gradients: [f64; 2]) -> [f64; 2] {
        let mut parameters = TensorMap::from([("w".to_owned(), array![theta].into_dyn())]);
        gradients.map(|gradient| {
            let gradients = TensorMap::from([("w".to_owned(), array![gradient].into_dyn())]);
            let rates = |_: &str| Rates { lr: 0.5, weight_decay: 0.25 };
            adam.step(&mut parameters, &gradients, &rates).unwrap();
            parameters["w"][[0]]
        })
    }

    /// Fewer than 16 roundings, of values no larger than 8, lead to each number.
    fn assert_close(got: f64, expected: f64) {
        assert!((got - expected).abs() <= 16.0 * 8.0 * f64::EPSILON, "{got} is not {expected}");
    }

    #[test]
    fn adam_by_hand() {
        let mut adam = adam(WeightDecay::Coupled);
        // g = 2 + 4/4 = 3; θ = 4 − 3/7 = 25/7; g = 3/28 + 25/28 = 1; θ = 25/7 − 1/3 = 68/21.
        let [first, second] = steps(&mut adam, 4.0, [2.0, 3. / 28.]);
        assert_close(first, 25. / 7.);
        assert_close(second, 68. / 21.);
        let Moments { step, mean, square } = &adam.moments["w"];
        assert_eq!(*step, 2);
        assert_close(mean[[0]], 5. / 4.);
        assert_close(square[[0]], 64. / 25.);
    }

    #[test]
    fn adamw_by_hand() {
        // θ = 8·7/8 − 3/7 = 46/7; θ = 46/7·7/8 − 1/3 = 65/12.
        let [first, second] = steps(&mut adam(WeightDecay::Decoupled), 8.0, [3.0, 1.0]);
        assert_close(first, 46. / 7.);
        assert_close(second, 65. / 12.);
    }

    #[test]
    fn every_parameter_counts_its_own_steps() {
        let mut adam = adam(WeightDecay::Decoupled);
        let mut parameters = TensorMap::from([
            ("early".to_owned(), array![1.0].into_dyn()),
            ("late".to_owned(), array![1.0, 1.0].into_dyn()),
        ]);
        let rates = |_: &str| Rates { lr: 0.5, weight_decay: 0.0 };
        let early = TensorMap::from([("early".to_owned(), array![3.0].into_dyn())]);
        adam.step(&mut parameters, &early, &rates).unwrap();
        assert_eq!(parameters["late"], array![1.0, 1.0].into_dyn());
        let late = TensorMap::from([("late".to_owned(), array![3.0, -3.0].into_dyn())]);
        adam.step(&mut parameters, &late, &rates).unwrap();
        // Its first step: 3/7.
        assert_close(parameters["late"][[0]], 4. / 7.);
        assert_close(parameters["late"][[1]], 10. / 7.);
        assert_eq!(adam.moments["early"].step, 1);
    }

    #[test]
    fn hyperparameters_are_refused_with_name_and_value() {
        let new = |betas, eps| {
            let weight_decay = WeightDecay::Coupled;
            Adam::new(Hyperparameters { betas, eps, weight_decay }).unwrap_err().to_string()
        };
        assert_eq!(new([-0.5, 0.5], 0.1), "`beta1` is -0.5; it must be in [0, 1)");
        assert_eq!(new([0.9, 1.0], 0.1), "`beta2` is 1; it must be in [0, 1)");
        assert_eq!(new([0.9, 0.5], f64::NAN), "`eps` is NaN; it must be finite and at least 0");
    }
}
