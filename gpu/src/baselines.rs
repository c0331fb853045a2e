//! The optimizers that the paper compares with, as PyTorch defines them; their state can be saved.
//!
//! With `θ` a parameter, `g` its gradient, `η` the learning rate, `λ` the weight decay:
//!
//! ```text
//! Sgd     g ← g + λ·θ;  b ← g at first, then μ·b + g;  θ ← θ − η·b      (Nesterov: g + μ·b for b)
//! Adam    g ← g + λ·θ (coupled)  or  θ ← θ − η·λ·θ (decoupled, AdamW)
//!         m ← β1·m + (1−β1)·g;  v ← β2·v + (1−β2)·g²
//!         θ ← θ − η/(1−β1^t) · m / (√v/√(1−β2^t) + ε)
//! ```
//!
//! libtorch has them in C++, but there their state cannot be reached.

use crate::network::NamedTensors;
use crate::{Error, Network};
use std::collections::BTreeMap;
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
    moments: BTreeMap<String, Moments>,
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

struct Moments {
    m: Tensor,
    v: Tensor,
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
        tch::no_grad(|| {
            for (name, theta) in &mut self.parameters {
                let Some(g) = gradient(theta) else { continue };
                let g = g.g_add(&(&*theta * weight_decay));
                let direction = if momentum == 0.0 {
                    g
                } else {
                    match self.buffers.get_mut(name) {
                        Some(b) => {
                            *b *= momentum;
                            *b += &g;
                        }
                        None => {
                            self.buffers.insert(name.clone(), g.copy());
                        }
                    }
                    let b = &self.buffers[name];
                    if nesterov { g + b * momentum } else { b.shallow_clone() }
                };
                *theta -= direction * lr;
            }
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
        Self { hyper, parameters: trainable(network), t: 0, moments: BTreeMap::new() }
    }

    /// One step along the gradients that backward left; without one, a parameter stays.
    pub fn step(&mut self, lr: f64) {
        let AdamHyperparameters { beta1, beta2, eps, weight_decay, decay } = self.hyper;
        self.t += 1;
        let unbias = |beta: f64| 1.0 - beta.powf(self.t as f64);
        let (unbias_m, root_unbias_v) = (unbias(beta1), unbias(beta2).sqrt());
        tch::no_grad(|| {
            for (name, theta) in &mut self.parameters {
                let Some(mut g) = gradient(theta) else { continue };
                match decay {
                    Decay::Coupled => g = g.g_add(&(&*theta * weight_decay)),
                    Decay::Decoupled => *theta *= 1.0 - lr * weight_decay,
                }
                let Moments { m, v } = self
                    .moments
                    .entry(name.clone())
                    .or_insert_with(|| Moments { m: theta.zeros_like(), v: theta.zeros_like() });
                let _ = m.lerp_(&g, 1.0 - beta1);
                *v *= beta2;
                let _ = v.addcmul_(&g, &(&g * (1.0 - beta2)));
                let mut root = v.sqrt();
                root /= root_unbias_v;
                root += eps;
                let _ = theta.addcdiv_(&(&*m * (-lr / unbias_m)), &root);
            }
        });
    }

    /// `t`, and `m` and `v` of every parameter by its name.
    #[must_use]
    pub fn state(&self) -> (u64, NamedTensors, NamedTensors) {
        let of = |moment: fn(&Moments) -> &Tensor| {
            let each = self.moments.iter();
            each.map(|(name, moments)| (name.clone(), moment(moments).shallow_clone())).collect()
        };
        (self.t, of(|moments| &moments.m), of(|moments| &moments.v))
    }

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// If it is that of another network.
    pub fn restore(&mut self, t: u64, m: NamedTensors, v: NamedTensors) -> Result<(), Error> {
        let (m, mut v) = (like(&self.parameters, m)?, like(&self.parameters, v)?);
        let pair = |(name, m): (String, Tensor)| {
            let v = v.remove(&name).ok_or_else(|| Error::Missing { name: name.clone() })?;
            Ok((name, Moments { m, v }))
        };
        self.moments = m.into_iter().map(pair).collect::<Result<_, Error>>()?;
        self.t = t;
        Ok(())
    }
}

fn trainable(network: &Network) -> NamedTensors {
    let parameters = network.parameters().iter().filter(|(_, tensor)| tensor.requires_grad());
    parameters.map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect()
}

fn gradient(parameter: &Tensor) -> Option<Tensor> {
    let g = parameter.grad();
    g.defined().then_some(g)
}

/// Saved tensors in the dtype and on the device of the parameters they belong to.
fn like(parameters: &NamedTensors, saved: NamedTensors) -> Result<NamedTensors, Error> {
    let fit = |(name, tensor): (String, Tensor)| {
        let Some(parameter) = parameters.get(&name) else { return Err(Error::Surplus { name }) };
        let (expected, found) = (crate::tensor::shape(parameter), crate::tensor::shape(&tensor));
        if expected != found {
            return Err(Error::Shape { name, expected, found });
        }
        Ok((name, tensor.to_kind(parameter.kind()).to_device(parameter.device())))
    };
    saved.into_iter().map(fit).collect()
}
