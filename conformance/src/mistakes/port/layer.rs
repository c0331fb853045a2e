//! The averages of one preconditioned layer, and what becomes of them (S6–S11).

use super::constants::Constants;
use super::{Mutant, size, upload};
use fixtures::LayerState;
use fixtures::model::Preconditioned;
use gpu::NamedTensors;
use tch::{Kind, Tensor};

/// A layer with its state.
pub struct Layer<'c> {
    pub described: Preconditioned<'c>,
    /// `V`, `[groups, columns]`
    pub v: Tensor,
    /// `M`, `[out, columns]`
    pub m: Tensor,
    /// How often an input was observed; in mid-run counted from the steps taken.
    pub observed: u64,
    /// `s` of the step before, if this run took one.
    s_before: Option<Tensor>,
}

impl<'c> Layer<'c> {
    /// A layer before the first step.
    pub fn new(described: Preconditioned<'c>, kind: Kind) -> Self {
        let [groups, out, columns] =
            [described.groups(), described.out(), described.columns()].map(size);
        let zeros = |rows| Tensor::zeros([rows, columns], (kind, tch::Device::Cpu));
        Self { described, v: zeros(groups), m: zeros(out), observed: 0, s_before: None }
    }

    /// Continues from a saved state (S20).
    pub fn restore(&mut self, mutant: Option<Mutant>, state: &LayerState) {
        if mutant != Some(Mutant::EmaForgotten) {
            let v = Tensor::from_slice(&state.ema).to_kind(self.v.kind());
            self.v = v.view_as(&self.v);
        }
        if mutant != Some(Mutant::MomentumForgotten) {
            self.m = upload(&state.momentum, self.m.kind());
        }
    }

    /// `G`, `[out, columns]`, the bias last (S9).
    pub fn gradient(&self, mutant: Option<Mutant>, gradients: &NamedTensors) -> Tensor {
        let [weight, bias] = self.parts(gradients);
        let weight = match mutant {
            // The transpose's buffer, read as if it were not transposed.
            Some(Mutant::GradientTransposed) => weight.map(|w| w.tr().contiguous().view_as(&w)),
            _ => weight,
        };
        let parts: Vec<_> = match mutant {
            Some(Mutant::GradientBiasFirst) => bias.into_iter().chain(weight).collect(),
            _ => weight.into_iter().chain(bias).collect(),
        };
        Tensor::cat(&parts, 1)
    }

    /// The weight as a matrix `[out, inputs]`, and the bias as a column if there is one.
    fn parts(&self, tensors: &NamedTensors) -> [Option<Tensor>; 2] {
        let out = size(self.described.out());
        ["weight", "bias"].map(|part| {
            let tensor = tensors.get(&format!("{}.{part}", self.described.name))?;
            Some(tensor.detach().reshape([out, -1]))
        })
    }

    /// Takes in one `A`, the first of its step or a later one (S6); `constants` hold the completed
    /// steps.
    ///
    /// [`Mutant::EveryStepReset`] comes on top of the resets before the first step.
    pub fn observe(&mut self, constants: &Constants, a: &Tensor, first: bool) {
        let beta = constants.beta_v;
        let reset = match constants.mutant {
            Some(Mutant::FirstStepNotReset) => false,
            Some(Mutant::ObservationsAreSteps) => self.observed == 0,
            Some(Mutant::EveryStepReset) => first || constants.t == 0,
            _ => constants.t == 0,
        };
        let v = if reset { self.v.zeros_like() } else { self.v.shallow_clone() };
        self.v = match constants.mutant {
            Some(Mutant::EmaStartsAtFirst) if reset => a.copy(),
            Some(Mutant::EmaWeightsExchanged) => &v * (1.0 - beta) + a * beta,
            Some(Mutant::EmaSums) => v + a,
            Some(Mutant::EmaMaximum) => v.maximum(&(&v * beta + a * (1.0 - beta))),
            Some(Mutant::Float32Ema) => float32(&(v * beta + a * (1.0 - beta))),
            Some(Mutant::Identity) => &v * beta + a / (1.0 / (1.0 - beta)),
            _ => v * beta + a * (1.0 - beta), // S6
        };
        self.observed += 1;
    }

    /// `s`, `[groups, columns]` (S7, S8).
    ///
    /// [`Mutant::ScaleNormalised`] and [`Mutant::ScaleOfStepBefore`] both apply and report theirs;
    /// the mean is over all groups and the bias.
    pub fn scale(&mut self, constants: &Constants) -> Tensor {
        let unbias = constants.unbias_v(self.observed);
        let eps = constants.eps;
        let v_hat = || &self.v / unbias; // S7
        let s = match constants.mutant {
            Some(Mutant::EpsilonInsideRoot) => (v_hat() + eps).sqrt().reciprocal(),
            Some(Mutant::EpsilonSquaredInside) => (v_hat() + eps * eps).sqrt().reciprocal(),
            Some(Mutant::EpsilonBeforeCorrection) => {
                ((self.v.sqrt() + eps) / unbias.sqrt()).reciprocal()
            }
            Some(Mutant::CorrectionOutsideRoot) => (self.v.sqrt() / unbias + eps).reciprocal(),
            Some(Mutant::EpsilonAbsent) => v_hat().sqrt().reciprocal(),
            Some(Mutant::EpsilonAsFloor) => v_hat().sqrt().clamp_min(eps).reciprocal(),
            Some(Mutant::NoRoot) => (v_hat() + eps).reciprocal(),
            Some(Mutant::FourthRoot) => (v_hat().sqrt().sqrt() + eps).reciprocal(),
            _ => (v_hat().sqrt() + eps).reciprocal(), // S8
        };
        let before = self.s_before.replace(s.shallow_clone());
        match constants.mutant {
            Some(Mutant::BiasUnscaled) if self.described.bias() => {
                let inputs = s.narrow(1, 0, s.size()[1] - 1);
                Tensor::cat(&[&inputs, &inputs.narrow(1, 0, 1).ones_like()], 1)
            }
            Some(Mutant::ScaleNormalised) => &s / s.mean(None::<Kind>),
            Some(Mutant::ScaleOfStepBefore) => before.unwrap_or(s),
            _ => s,
        }
    }

    /// Takes in what is averaged in a step, honestly `G` (S10).
    pub fn average(&mut self, constants: &Constants, g: &Tensor) {
        let beta = constants.beta_m;
        let m = &self.m;
        self.m = match constants.mutant {
            Some(Mutant::MomentumHeavyBall) => m * beta + g,
            Some(Mutant::MomentumStartsAtFirst) if constants.t == 1 => g.copy(),
            Some(Mutant::MomentumWeightsExchanged) => m * (1.0 - beta) + g * beta,
            Some(Mutant::Float32Momentum) => float32(&(m * beta + g * (1.0 - beta))),
            _ => m * beta + g * (1.0 - beta), // S10
        };
    }

    /// `U`, `[out, columns]` (S11); `g` is the raw gradient.
    pub fn update(&self, constants: &Constants, g: &Tensor, s: &Tensor) -> Tensor {
        let m_hat = match constants.mutant {
            Some(Mutant::NoMomentum) => g.shallow_clone(),
            Some(Mutant::MomentumNesterov) => {
                let beta = constants.beta_m;
                (&self.m * beta + g * (1.0 - beta)) / constants.unbias_m(self.observed)
            }
            _ => &self.m / constants.unbias_m(self.observed), // S10
        };
        match constants.mutant {
            Some(Mutant::MomentumOfScaled) => m_hat,
            Some(Mutant::UpdateNormalised) => {
                let u = self.scaled(constants.mutant, &m_hat, s);
                &u / u.square().sum(None::<Kind>).sqrt()
            }
            Some(Mutant::BiasPlain) if self.described.bias() => {
                let u = self.scaled(constants.mutant, &m_hat, s);
                let inputs = u.size()[1] - 1;
                Tensor::cat(&[u.narrow(1, 0, inputs), g.narrow(1, inputs, 1)], 1)
            }
            mutant => self.scaled(mutant, &m_hat, s),
        }
    }

    /// Each column `j` times the `s_j` of the row's group (S11).
    ///
    /// In [`Mutant::ScaleByRows`], a row is counted within its group.
    pub fn scaled(&self, mutant: Option<Mutant>, x: &Tensor, s: &Tensor) -> Tensor {
        let [groups, columns] = [0, 1].map(|axis| s.size()[axis]);
        // [out, columns] → [groups, out/groups, columns]
        let x = x.view([groups, -1, columns]);
        let factor = match mutant {
            Some(Mutant::ScaleByRows) => {
                let rows = Tensor::arange(x.size()[1], (Kind::Int64, tch::Device::Cpu));
                s.index_select(1, &rows.remainder(columns)).unsqueeze(2)
            }
            Some(Mutant::FirstGroupScales) => s.narrow(0, 0, 1).unsqueeze(1),
            _ => s.unsqueeze(1), // S11
        };
        (x * factor).flatten(0, 1)
    }
}

/// Rounded to float32, and back.
fn float32(x: &Tensor) -> Tensor {
    x.to_kind(Kind::Float).to_kind(x.kind())
}
