//! Stochastic gradient descent with momentum, as PyTorch has it.
//!
//! With the gradient `g` of a parameter `θ`, its buffer `b` (0 before), and coupled decay:
//!
//! ```text
//! g ← g + λ·θ
//! b ← μ·b + g
//! θ ← θ − η·b                heavy ball
//! θ ← θ − η·(g + μ·b)        Nesterov
//! ```
//!
//! PyTorch begins with `b = g`, which is the same: there is no dampening. Source: `torch.optim.SGD`
//! of PyTorch 2.11; it cites Sutskever et al., "On the importance of initialization and momentum in
//! deep learning", ICML 2013.

use crate::adaact::{Rates, checked_rates};
use crate::{Error, TensorMap};
use ndarray::{ArrayD, Zip};

/// What holds for all parameters alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hyperparameters {
    /// `μ ≥ 0`.
    pub momentum: f64,
    /// Where the step looks.
    pub form: Form,
}

/// The two forms of momentum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Along the buffer: Polyak's.
    HeavyBall,
    /// Along the gradient and the buffer as it will have decayed.
    Nesterov,
}

/// The optimizer: hyperparameters, and the state that they act on.
#[derive(Clone, Debug, PartialEq)]
pub struct Sgd {
    hyperparameters: Hyperparameters,
    /// `b` of every parameter that ever had a gradient, in the parameter's shape.
    pub buffers: TensorMap,
}

impl Sgd {
    /// An optimizer before its first step.
    ///
    /// # Errors
    /// If the momentum is negative or not finite.
    pub fn new(hyperparameters: Hyperparameters) -> Result<Self, Error> {
        let momentum = hyperparameters.momentum;
        let is_valid = momentum.is_finite() && momentum >= 0.0;
        Error::unless(is_valid, "momentum", momentum, "finite and at least 0")?;
        Ok(Self { hyperparameters, buffers: TensorMap::new() })
    }

    /// Takes a step along `gradients`; parameters without one, and their buffers, are left alone.
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
        let Hyperparameters { momentum, form } = self.hyperparameters;
        for (name, gradient) in gradients {
            let Rates { lr, weight_decay } = rates[name];
            let theta = parameters.get_mut(name).expect("checked above");
            let buffer =
                self.buffers.entry(name.clone()).or_insert_with(|| ArrayD::zeros(gradient.shape()));
            Zip::from(theta).and(buffer).and(gradient).for_each(|theta, b, &g| {
                let g = g + weight_decay * *theta;
                *b = momentum * *b + g;
                *theta -= lr
                    * match form {
                        Form::HeavyBall => *b,
                        Form::Nesterov => g + momentum * *b,
                    };
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// `μ = 1/2`, `η = 1/4`, `λ = 1/2`, from `θ = [8, -4]` along `[4, 0]`, then `[-2, 1]`.
    fn two_steps(form: Form) -> (Vec<ArrayD<f64>>, Sgd) {
        let mut sgd = Sgd::new(Hyperparameters { momentum: 0.5, form }).unwrap();
        let mut parameters = TensorMap::from([("w".to_owned(), array![8.0, -4.0].into_dyn())]);
        let rates = |_: &str| Rates { lr: 0.25, weight_decay: 0.5 };
        let steps = [array![4.0, 0.0], array![-2.0, 1.0]].map(|gradient| {
            let gradients = TensorMap::from([("w".to_owned(), gradient.into_dyn())]);
            sgd.step(&mut parameters, &gradients, &rates).unwrap();
            parameters["w"].clone()
        });
        (steps.into(), sgd)
    }

    #[test]
    fn heavy_ball_by_hand() {
        let (steps, sgd) = two_steps(Form::HeavyBall);
        // g = [4 + 4, 0 − 2], b = g, θ = [8 − 2, −4 + 1/2].
        assert_eq!(steps[0], array![6.0, -3.5].into_dyn());
        // g = [−2 + 3, 1 − 7/4], b = [4 + 1, −1 − 3/4], θ = [6 − 5/4, −7/2 + 7/16].
        assert_eq!(sgd.buffers["w"], array![5.0, -1.75].into_dyn());
        assert_eq!(steps[1], array![4.75, -3.0625].into_dyn());
    }

    #[test]
    fn nesterov_by_hand() {
        let (steps, sgd) = two_steps(Form::Nesterov);
        // g = b = [8, −2], θ = [8 − 1/4·12, −4 + 1/4·3].
        assert_eq!(steps[0], array![5.0, -3.25].into_dyn());
        // g = [−2 + 5/2, 1 − 13/8] = [1/2, −5/8], b = [4 + 1/2, −1 − 5/8],
        // θ = [5 − 1/4·(1/2 + 9/4), −13/4 + 1/4·(5/8 + 13/16)].
        assert_eq!(sgd.buffers["w"], array![4.5, -1.625].into_dyn());
        assert_eq!(steps[1], array![4.3125, -2.890625].into_dyn());
    }

    #[test]
    fn a_parameter_without_a_gradient_is_left_alone() {
        let hyperparameters = Hyperparameters { momentum: 0.5, form: Form::HeavyBall };
        let mut sgd = Sgd::new(hyperparameters).unwrap();
        let mut parameters = TensorMap::from([
            ("a".to_owned(), array![1.0].into_dyn()),
            ("b".to_owned(), array![1.0, 2.0].into_dyn()),
        ]);
        let gradients = TensorMap::from([("a".to_owned(), array![1.0].into_dyn())]);
        sgd.step(&mut parameters, &gradients, &|_| Rates { lr: 0.5, weight_decay: 0.5 }).unwrap();
        assert_eq!(parameters["a"], array![0.25].into_dyn());
        assert_eq!(parameters["b"], array![1.0, 2.0].into_dyn());
        assert!(!sgd.buffers.contains_key("b"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let new = |momentum| Sgd::new(Hyperparameters { momentum, form: Form::Nesterov });
        assert_eq!(
            new(-0.5).unwrap_err().to_string(),
            "`momentum` is -0.5; it must be finite and at least 0"
        );
        let mut parameters = TensorMap::from([("w".to_owned(), array![1.0, 2.0].into_dyn())]);
        let before = parameters.clone();
        let gradients = TensorMap::from([("w".to_owned(), array![1.0].into_dyn())]);
        let rates = |_: &str| Rates { lr: 0.5, weight_decay: 0.0 };
        let error = new(0.5).unwrap().step(&mut parameters, &gradients, &rates).unwrap_err();
        assert_eq!(error.to_string(), "`w` has shape [1]; [2] was expected");
        assert_eq!(parameters, before);
    }
}
