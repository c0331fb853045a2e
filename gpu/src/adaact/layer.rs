//! One preconditioned layer: its averages and its update, in place.

use super::{Constants, Parameter, Rates};
use crate::Error;
use crate::backend::foreach;
use crate::network::Preconditioned;
use crate::statistic::Statistic;
use crate::tensor::{download, shape, values};
use fixtures::LayerState;
use tch::Tensor;

/// A layer's tensors and averages.
///
/// Everything is cut into groups: `[groups, out/groups, columns]`, so that a plain layer is one
/// group, and a group's output rows meet that group's `V` by broadcasting.
pub(crate) struct Layer {
    pub name: String,
    weight: Parameter,
    bias: Option<Parameter>,
    groups: i64,
    pub statistic: Statistic,
    /// Whether any input was ever seen (S15).
    pub observed: bool,
    /// `V`, `[groups, columns]`; a bias has the last column (S5).
    pub v: Tensor,
    /// The weight's part of `M`, `[groups, out/groups, inputs]`.
    m_weight: Tensor,
    /// The bias's part of `M`, `[groups, out/groups, 1]`.
    m_bias: Option<Tensor>,
}

impl Layer {
    pub fn new(layer: &Preconditioned) -> Self {
        let &Preconditioned { ref name, ref weight, ref bias, groups, geometry } = layer;
        // S1: a layer whose bias is frozen counts as one without.
        let bias = bias.as_ref().filter(|bias| bias.requires_grad());
        let parameter = |kind, tensor| Parameter::new(format!("{name}.{kind}"), tensor);
        let m_weight = by_group(weight, groups).zeros_like();
        let m_bias = bias.map(|b| by_group(b, groups).zeros_like());
        let columns = m_weight.size()[2] + i64::from(bias.is_some());
        Self {
            name: name.clone(),
            weight: parameter("weight", weight),
            bias: bias.map(|b| parameter("bias", b)),
            groups,
            statistic: Statistic::new(geometry, groups, bias.is_some(), weight),
            observed: false,
            v: Tensor::zeros([groups, columns], (weight.kind(), weight.device())),
            m_weight,
            m_bias,
        }
    }

    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        [&self.weight].into_iter().chain(&self.bias)
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

    /// `U = M̂·s`, `[out, columns]`, as [`step`] applies it without storing it (S11).
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
            return Err(Error::Missing { name: format!("state of {}", self.name) });
        };
        let expect = |what, expected: Vec<usize>, found: Vec<usize>| {
            let name = format!("{what} of {}", self.name);
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

/// S7–S12 for all weights and biases of these layers; one without a gradient is left alone (S15).
pub(super) fn step(layers: &[&Layer], constants: Constants, rates: &impl Fn(&str) -> Rates) {
    let v: Vec<_> = layers.iter().map(|layer| layer.v.shallow_clone()).collect();
    let scales = foreach::inverse_root(&v, constants.unbias_v, constants.eps); // S7, S8
    let mut moves = Moves::default();
    for (layer, s) in layers.iter().zip(&scales) {
        let s = s.unsqueeze(1);
        let inputs = layer.m_weight.size()[2];
        moves.add(&layer.weight, &layer.m_weight, s.narrow(2, 0, inputs), rates);
        if let (Some(bias), Some(m_bias)) = (&layer.bias, &layer.m_bias) {
            moves.add(bias, m_bias, s.narrow(2, inputs, 1), rates);
        }
    }
    moves.make(constants);
}

/// What moves by one step, a list of each so that a CUDA device takes all at once.
///
/// All but `s`, which is `[groups, 1, columns]`, are `[groups, out/groups, columns]`.
#[derive(Default)]
struct Moves {
    theta: Vec<Tensor>,
    g: Vec<Tensor>,
    m: Vec<Tensor>,
    s: Vec<Tensor>,
    rates: Vec<Rates>,
}

impl Moves {
    fn add(
        &mut self,
        parameter: &Parameter,
        m: &Tensor,
        s: Tensor,
        rates: &impl Fn(&str) -> Rates,
    ) {
        let g = parameter.tensor.grad();
        if !g.defined() {
            return;
        }
        let groups = m.size()[0];
        self.theta.push(by_group(&parameter.tensor, groups));
        self.g.push(by_group(&g.contiguous(), groups));
        self.m.push(m.shallow_clone());
        self.s.push(s);
        self.rates.push(rates(&parameter.name));
    }

    fn make(mut self, constants: Constants) {
        let of = |value: &dyn Fn(&Rates) -> f64| self.rates.iter().map(value).collect::<Vec<_>>();
        let decays = of(&|rates| 1.0 - rates.lr * rates.weight_decay);
        let factors = of(&|rates| -rates.lr / constants.unbias_m);
        // S10 in one kernel, M + (1−β1)·(G − M): while all is finite, another rounding and no more.
        foreach::lerp_(&mut self.m, &self.g, 1.0 - constants.beta1);
        foreach::mul_(&mut self.theta, &decays); // S12: decay, then the step
        // θ − η·M̂·s, without storing U.
        foreach::addcmul_(&mut self.theta, &self.m, &self.s, &factors);
    }
}

/// `[out, …]` as `[groups, out/groups, columns]`, a view; a bias has one column.
fn by_group(tensor: &Tensor, groups: i64) -> Tensor {
    tensor.view([groups, tensor.size()[0] / groups, -1])
}

/// The two parts of a matrix, each `[groups, out/groups, …]`, as `[out, columns]`.
fn join(weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let parts: Vec<_> = [weight].into_iter().chain(bias).collect();
    Tensor::cat(&parts, 2).flatten(0, 1)
}
