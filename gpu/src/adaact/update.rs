//! One step of many parameters (S7–S13), a list of each operand so that a CUDA device takes all at
//! once.

use super::hyperparameters::{Constants, Rates};
use super::layer::{Layer, by_group};
use super::parameters::Parameter;
use crate::backend::foreach;
use tch::Tensor;

/// S7–S12 for the weights and biases of these layers; one without a gradient is left alone (S15).
pub(super) fn step_layers(layers: &[&Layer], constants: Constants, rates: &impl Fn(&str) -> Rates) {
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

/// The step of plain parameters (S13), of those that have a gradient (S15).
pub(super) fn step_plain(plain: &[Parameter], rates: &impl Fn(&str) -> Rates) {
    let moving = plain.iter().filter(|parameter| parameter.tensor.grad().defined());
    let (mut theta, (g, rates)): (Vec<_>, (Vec<_>, Vec<_>)) = moving
        .map(|Parameter { name, tensor }| (tensor.shallow_clone(), (tensor.grad(), rates(name))))
        .unzip();
    let steps: Vec<_> = rates.iter().map(|rates| rates.lr).collect();
    foreach::mul_(&mut theta, &decays(&rates)); // S12
    foreach::add_(&mut theta, &foreach::mul(&g, &steps), -1.0);
}

/// What moves by one step, with everything that its step needs.
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
        let factor = |rates: &Rates| -rates.lr / constants.unbias_m;
        let factors: Vec<_> = self.rates.iter().map(factor).collect();
        // S10 in one kernel, M + (1−β1)·(G − M): while all is finite, another rounding and no more.
        foreach::lerp_(&mut self.m, &self.g, 1.0 - constants.beta1);
        foreach::mul_(&mut self.theta, &decays(&self.rates)); // S12: decay, then the step
        // θ − η·M̂·s, without storing U.
        foreach::addcmul_(&mut self.theta, &self.m, &self.s, &factors);
    }
}

/// `1 − η·λ` of each.
fn decays(rates: &[Rates]) -> Vec<f64> {
    rates.iter().map(|rates| 1.0 - rates.lr * rates.weight_decay).collect()
}
