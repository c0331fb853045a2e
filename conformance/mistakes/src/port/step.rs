//! What a clause of the port sees of a step, in tensors.

use fixtures::Optimizer;
use fixtures::model::Preconditioned;
use gpu::NamedTensors;
use tch::Tensor;

/// What all layers and parameters share in a step.
#[derive(Clone, Copy)]
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
pub struct LayerStep<'s> {
    /// The step.
    pub step: Step<'s>,
    /// The layer.
    pub layer: &'s Preconditioned<'s>,
    /// `G`, `[out, columns]`.
    pub gradient: &'s Tensor,
    /// All parameters by full name.
    pub parameters: &'s NamedTensors,
}

impl ParameterStep<'_> {
    /// The full name of the preconditioned layer whose parameter it is.
    pub fn layer(&self) -> Option<&str> {
        let (owner, _) = self.name.rsplit_once('.').filter(|_| !self.is_plain)?;
        Some(owner)
    }
}

/// A step of one parameter.
pub struct ParameterStep<'s> {
    /// The step.
    pub step: Step<'s>,
    /// The parameter's full name.
    pub name: &'s str,
    /// Whether no preconditioned layer owns it (S13).
    pub is_plain: bool,
    /// `η` of the parameter in this step.
    pub lr: f64,
    /// `λ` of the parameter.
    pub decay: f64,
}
