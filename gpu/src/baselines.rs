//! The optimizers that the paper compares with, as PyTorch defines them; their state can be saved.
//!
//! With `θ` a parameter, `g` its gradient, `η` the learning rate, `λ` the weight decay:
//!
//! ```text
//! Sgd     g ← g + λ·θ;  b ← μ·b + g, from 0;  θ ← θ − η·b      (Nesterov: g + μ·b for b)
//! Adam    g ← g + λ·θ (coupled)  or  θ ← θ − η·λ·θ (decoupled, AdamW)
//!         m ← β1·m + (1−β1)·g;  v ← β2·v + (1−β2)·g²
//!         θ ← θ − η/(1−β1^t) · m / (√v/√(1−β2^t) + ε)
//! ```
//!
//! libtorch has them in C++, but there their state cannot be reached.

use crate::backend::foreach;
use crate::error::Error;
use crate::network::Network;
use crate::tensor::{NamedTensors, shape};
use tch::Tensor;

/// Stochastic gradient descent with momentum and coupled weight decay.
pub struct Sgd {
    /// What may change from step to step, and what does not.
    pub hyper: SgdHyperparameters,
    parameters: NamedTensors,
    /// `b` of every parameter that took a step.
    buffers: NamedTensors,
}

/// The hyperparameters of [`Sgd`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdHyperparameters {
    /// `μ`
    pub momentum: f64,
    /// Whether to look ahead along the momentum.
    pub nesterov: bool,
    /// `λ`
    pub weight_decay: f64,
}

/// Adam (Kingma and Ba 2014), or AdamW (Loshchilov and Hutter 2017).
pub struct Adam {
    /// What does not change from step to step.
    pub hyper: AdamHyperparameters,
    parameters: NamedTensors,
    t: u64,
    m: NamedTensors,
    v: NamedTensors,
}

/// The hyperparameters of [`Adam`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamHyperparameters {
    /// `β1`
    pub beta1: f64,
    /// `β2`
    pub beta2: f64,
    /// `ε`
    pub eps: f64,
    /// `λ`
    pub weight_decay: f64,
    /// How the decay acts.
    pub decay: Decay,
}

/// How weight decay acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decay {
    /// As a part of the gradient, which is then averaged and scaled: Adam.
    Coupled,
    /// On the parameter itself: AdamW.
    Decoupled,
}

impl Sgd {
    /// For all trainable parameters of a network.
    #[must_use]
    pub fn new(network: &Network, hyper: SgdHyperparameters) -> Self {
        Self { hyper, parameters: trainable(network), buffers: NamedTensors::new() }
    }

    /// One step along the gradients that backward left; without one, a parameter stays.
    pub fn step(&mut self, lr: f64) {
        let SgdHyperparameters { momentum, nesterov, weight_decay } = self.hyper;
        let Moving { names, mut theta, g } = Moving::of(&self.parameters);
        tch::no_grad(|| {
            let mut g = foreach::add(&g, &theta, weight_decay);
            if momentum != 0.0 {
                let mut b = averages(&mut self.buffers, &names, &theta);
                foreach::mul_(&mut b, &vec![momentum; names.len()]);
                foreach::add_(&mut b, &g, 1.0);
                g = if nesterov { foreach::add(&g, &b, momentum) } else { b };
            }
            foreach::add_(&mut theta, &g, -lr);
        });
    }

    /// `b` of every parameter, by its name; none before the first step.
    #[must_use]
    pub fn state(&self) -> &NamedTensors {
        &self.buffers
    }

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// If it is that of another network.
    pub fn restore(&mut self, buffers: NamedTensors) -> Result<(), Error> {
        self.buffers = like(&self.parameters, buffers)?;
        Ok(())
    }
}

impl Adam {
    /// For all trainable parameters of a network.
    #[must_use]
    pub fn new(network: &Network, hyper: AdamHyperparameters) -> Self {
        let (m, v) = (NamedTensors::new(), NamedTensors::new());
        Self { hyper, parameters: trainable(network), t: 0, m, v }
    }

    /// One step along the gradients that backward left; without one, a parameter stays.
    pub fn step(&mut self, lr: f64) {
        let AdamHyperparameters { beta1, beta2, eps, weight_decay, decay } = self.hyper;
        self.t += 1;
        let unbias = |beta: f64| 1.0 - beta.powf(self.t as f64);
        let (unbias_m, root_unbias_v) = (unbias(beta1), unbias(beta2).sqrt());
        let Moving { names, mut theta, mut g } = Moving::of(&self.parameters);
        let all = |value| vec![value; names.len()];
        tch::no_grad(|| {
            match decay {
                Decay::Coupled => g = foreach::add(&g, &theta, weight_decay),
                Decay::Decoupled => foreach::mul_(&mut theta, &all(1.0 - lr * weight_decay)),
            }
            let mut m = averages(&mut self.m, &names, &theta);
            let mut v = averages(&mut self.v, &names, &theta);
            foreach::lerp_(&mut m, &g, 1.0 - beta1);
            foreach::mul_(&mut v, &all(beta2));
            foreach::addcmul_(&mut v, &g, &g, &all(1.0 - beta2));
            let roots = foreach::root(&v, root_unbias_v, eps);
            foreach::addcdiv_(&mut theta, &m, &roots, -lr / unbias_m);
        });
    }

    /// `t`, and `m` and `v` of every parameter by its name.
    #[must_use]
    pub fn state(&self) -> (u64, &NamedTensors, &NamedTensors) {
        (self.t, &self.m, &self.v)
    }

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// If it is that of another network.
    pub fn restore(&mut self, t: u64, m: NamedTensors, v: NamedTensors) -> Result<(), Error> {
        let (m, v) = (like(&self.parameters, m)?, like(&self.parameters, v)?);
        if let Some(name) = m.keys().find(|&name| !v.contains_key(name)) {
            return Err(Error::Missing { name: name.clone() });
        }
        (self.t, self.m, self.v) = (t, m, v);
        Ok(())
    }
}

/// The parameters that backward reached, with their gradients.
struct Moving<'p> {
    names: Vec<&'p String>,
    theta: Vec<Tensor>,
    g: Vec<Tensor>,
}

impl<'p> Moving<'p> {
    fn of(parameters: &'p NamedTensors) -> Self {
        let mut moving = Self { names: Vec::new(), theta: Vec::new(), g: Vec::new() };
        for (name, theta) in parameters {
            let g = theta.grad();
            if g.defined() {
                moving.names.push(name);
                moving.theta.push(theta.shallow_clone());
                moving.g.push(g);
            }
        }
        moving
    }
}

/// The averages of these parameters, which are 0 at first.
fn averages(all: &mut NamedTensors, names: &[&String], theta: &[Tensor]) -> Vec<Tensor> {
    let average = |(name, theta): (&&String, &Tensor)| {
        let average = all.entry((*name).clone()).or_insert_with(|| theta.zeros_like());
        average.shallow_clone()
    };
    names.iter().zip(theta).map(average).collect()
}

fn trainable(network: &Network) -> NamedTensors {
    let parameters = network.parameters().iter().filter(|(_, tensor)| tensor.requires_grad());
    parameters.map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect()
}

/// Saved tensors in the dtype and on the device of the parameters they belong to.
fn like(parameters: &NamedTensors, saved: NamedTensors) -> Result<NamedTensors, Error> {
    let fit = |(name, tensor): (String, Tensor)| {
        let Some(parameter) = parameters.get(&name) else { return Err(Error::Surplus { name }) };
        let (expected, found) = (shape(parameter), shape(&tensor));
        if expected != found {
            return Err(Error::Shape { name, expected, found });
        }
        Ok((name, tensor.to_kind(parameter.kind()).to_device(parameter.device())))
    };
    saved.into_iter().map(fit).collect()
}
