//! What a clause sees of a step: all of it, a layer's share or a parameter's.

use super::state::Shape;
use crate::array::Arrays;
use fixtures::Optimizer;

/// What all layers and parameters share in a step.
#[derive(Clone, Copy, Debug)]
pub struct Step<'s> {
    /// `t`, this step counted (S7).
    pub t: u64,
    /// `β1` and `β2`.
    pub betas: [f64; 2],
    /// All hyperparameters, as they were given.
    pub settings: &'s Optimizer,
    /// The schedule's rate, if it gives one (S14).
    pub lr: Option<f64>,
}

/// A step of one preconditioned layer.
#[derive(Clone, Copy, Debug)]
pub struct LayerStep<'s, S> {
    /// The step.
    pub step: Step<'s>,
    /// The layer.
    pub layer: &'s Shape,
    /// `G`, `[out, columns]`.
    pub gradient: &'s [S],
    /// All parameters by full name, as they are before the layer's step.
    pub parameters: &'s Arrays<S>,
}

/// A step of one parameter.
#[derive(Clone, Copy, Debug)]
pub struct ParameterStep<'s> {
    /// The step.
    pub step: Step<'s>,
    /// The parameter's full name.
    pub name: &'s str,
    /// Whose it is.
    pub owner: Owner,
    /// `η` of the parameter in this step.
    pub lr: f64,
    /// `λ` of the parameter.
    pub decay: f64,
}

impl ParameterStep<'_> {
    /// The full name of the preconditioned layer whose parameter it is.
    #[must_use]
    pub fn layer(&self) -> Option<&str> {
        let (owner, _) = self.name.rsplit_once('.').filter(|_| self.owner == Owner::Layer)?;
        Some(owner)
    }
}

/// Whose parameter it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A preconditioned layer's.
    Layer,
    /// No such layer's (S13).
    Plain,
}
