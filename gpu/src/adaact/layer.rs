//! One preconditioned layer: its parameters and its averages.

use super::hyperparameters::Constants;
use super::parameters::{Parameter, Parameters};
use crate::backend::foreach;
use crate::error::Error;
use crate::preconditioned::Preconditioned;
use crate::statistic::Statistic;
use crate::tensor::{download, shape, values};
use fixtures::LayerState;
use tch::Tensor;

/// A layer's tensors and averages.
///
/// Everything is cut into groups: `[groups, out/groups, columns]`, so that a layer without groups is
/// one group, and a group's output rows meet that group's `V` by broadcasting.
pub(crate) struct Layer {
    description: Preconditioned,
    pub weight: Parameter,
    pub bias: Option<Parameter>,
    groups: i64,
    statistic: Statistic,
    /// Whether any input was ever seen (S15).
    pub observed: bool,
    /// `V`, `[groups, columns]`; a bias has the last column (S5).
    pub v: Tensor,
    /// The weight's part of `M`, `[groups, out/groups, inputs]`.
    pub m_weight: Tensor,
    /// The bias's part of `M`, `[groups, out/groups, 1]`.
    pub m_bias: Option<Tensor>,
}

impl Layer {
    /// Takes the layer's parameters; `None` if its weight is frozen (S1).
    pub(super) fn new(
        description: &Preconditioned,
        parameters: &mut Parameters,
    ) -> Result<Option<Self>, Error> {
        let [weight, bias] = ["weight", "bias"].map(|kind| description.parameter(kind));
        let Some(tensor) = parameters.get(&weight) else {
            return Err(Error::Missing { name: weight });
        };
        description.check(tensor, parameters.get(&bias))?;
        if !tensor.requires_grad() {
            return Ok(None);
        }
        // S1: a layer whose bias is frozen counts as one without.
        let is_trained = parameters.get(&bias).is_some_and(Tensor::requires_grad);
        let weight = parameters.take(weight);
        let bias = is_trained.then(|| parameters.take(bias));
        Ok(Some(Self::at_rest(description.clone(), weight, bias)))
    }

    /// The layer at `t = 0`.
    fn at_rest(description: Preconditioned, weight: Parameter, bias: Option<Parameter>) -> Self {
        let groups = description.geometry.groups();
        let m_weight = by_group(&weight.tensor, groups).zeros_like();
        let m_bias = bias.as_ref().map(|bias| by_group(&bias.tensor, groups).zeros_like());
        let columns = m_weight.size()[2] + i64::from(bias.is_some());
        let v = Tensor::zeros([groups, columns], (weight.tensor.kind(), weight.tensor.device()));
        let statistic = Statistic::new(description.geometry, &weight.tensor, bias.is_some());
        Self { description, weight, bias, groups, statistic, observed: false, v, m_weight, m_bias }
    }

    pub fn name(&self) -> &str {
        &self.description.name
    }

    /// Refuses an input that the layer cannot read.
    pub fn check_input(&self, input: &Tensor) -> Result<(), Error> {
        self.description.check_input(&self.weight.tensor, input)
    }

    /// `A` of an input, `[groups, columns]` (S3–S5).
    pub fn mean_square(&mut self, input: &Tensor) -> Tensor {
        self.statistic.mean_square(input)
    }

    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        [&self.weight].into_iter().chain(&self.bias)
    }

    pub fn parameters_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        [&mut self.weight].into_iter().chain(&mut self.bias)
    }

    /// Whether the last backward reached the layer (S15).
    pub fn has_gradient(&self) -> bool {
        self.weight.tensor.grad().defined()
    }

    /// `s`, `[groups, columns]` (S8).
    pub fn scale(&self, constants: Constants) -> Tensor {
        let v = [self.v.shallow_clone()];
        foreach::inverse_root(&v, constants.unbias_v, constants.eps).remove(0)
    }

    /// `G`, `[out, columns]` (S9).
    pub fn gradient(&self) -> Tensor {
        let bias = self.bias.as_ref().map(|b| by_group(&b.tensor.grad().contiguous(), self.groups));
        join(&by_group(&self.weight.tensor.grad().contiguous(), self.groups), bias.as_ref())
    }

    /// `M`, `[out, columns]`.
    pub fn momentum(&self) -> Tensor {
        join(&self.m_weight, self.m_bias.as_ref())
    }

    /// `U = M̂·s`, `[out, columns]`, which a step applies without storing it (S11).
    pub fn update(&self, constants: Constants) -> Tensor {
        let m = self.momentum().view([self.groups, -1, self.v.size()[1]]);
        let u = m / constants.unbias_m * self.scale(constants).unsqueeze(1);
        u.flatten(0, 1)
    }

    pub fn state(&self) -> LayerState {
        LayerState { ema: values(&self.v), momentum: download(&self.momentum()) }
    }

    /// Whether a saved state is there and fits.
    pub fn check(&self, state: Option<&LayerState>) -> Result<(), Error> {
        let Some(state) = state else {
            return Err(Error::Missing { name: format!("state of {}", self.name()) });
        };
        let expect = |what, expected: Vec<usize>, found: Vec<usize>| {
            let name = format!("{what} of {}", self.name());
            if found == expected { Ok(()) } else { Err(Error::Shape { name, expected, found }) }
        };
        expect("ema", vec![self.v.numel()], vec![state.ema.len()])?;
        expect("momentum", shape(&self.momentum()), state.momentum.shape.clone())
    }

    /// A state that fits, or none: the layer as it is at `t = 0`.
    pub fn restore(&mut self, state: Option<&LayerState>) {
        self.observed = state.is_some();
        let Some(state) = state else {
            for average in [&mut self.v, &mut self.m_weight].into_iter().chain(&mut self.m_bias) {
                let _ = average.zero_();
            }
            return;
        };
        let m = Tensor::from_slice(&state.momentum.data).view([self.groups, -1, self.v.size()[1]]);
        self.v.copy_(&Tensor::from_slice(&state.ema).view_as(&self.v));
        self.m_weight.copy_(&m.narrow(2, 0, self.m_weight.size()[2]));
        if let Some(m_bias) = &mut self.m_bias {
            m_bias.copy_(&m.narrow(2, -1, 1));
        }
    }
}

/// `[out, …]` as `[groups, out/groups, columns]`, a view; a bias has one column.
pub(super) fn by_group(tensor: &Tensor, groups: i64) -> Tensor {
    tensor.view([groups, tensor.size()[0] / groups, -1])
}

/// The two parts of a matrix, each `[groups, out/groups, …]`, as `[out, columns]`.
fn join(weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let parts: Vec<_> = [weight].into_iter().chain(bias).collect();
    Tensor::cat(&parts, 2).flatten(0, 1)
}
