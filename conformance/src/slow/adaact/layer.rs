//! One preconditioned layer: its averages and its step (S6–S11).

use super::Owner;
use super::rates::Rates;
use crate::mistakes::Mutant;
use crate::slow::{Arrays, Scalar};
use fixtures::model::{Preconditioned, PreconditionedLayer};
use fixtures::{LayerState, Tensor};

/// A layer's averages (S20), and what mutants need beside them.
#[derive(Clone)]
pub struct Layer<S> {
    /// Its full dotted name.
    pub name: String,
    pub(super) out: usize,
    pub(super) columns: usize,
    pub(super) groups: usize,
    pub(super) bias: bool,
    pub(super) is_convolution: bool,
    /// `V`, `[groups · columns]`.
    pub v: Vec<S>,
    /// `M`, `[out, columns]`.
    pub m: Vec<S>,
    /// How often the layer was observed; what was before a stop counts as one a step.
    pub observations: u64,
    /// `V` before this step's observations.
    v_before: Vec<S>,
    /// `s` of the step before.
    pub(super) s_before: Option<Vec<S>>,
}

impl<S: Scalar> Layer<S> {
    /// A layer at `t = 0`, or with its saved averages (S20).
    pub fn new(
        layer: &Preconditioned,
        state: Option<&LayerState>,
        t: u64,
        mutant: Option<Mutant>,
    ) -> Self {
        let (out, columns, groups) = (layer.out(), layer.columns(), layer.groups());
        let lift = |values: &[f64]| values.iter().map(|&x| S::new(x)).collect();
        let mut new = Self {
            name: layer.name.clone(),
            out,
            columns,
            groups,
            bias: layer.bias(),
            is_convolution: matches!(layer.layer, PreconditionedLayer::Conv2d(_)),
            v: vec![S::new(0.0); groups * columns],
            m: vec![S::new(0.0); out * columns],
            observations: t,
            v_before: Vec::new(),
            s_before: None,
        };
        if let Some(state) = state {
            if mutant != Some(Mutant::EmaForgotten) {
                new.v = lift(&state.ema);
            }
            if mutant != Some(Mutant::MomentumForgotten) {
                new.m = lift(&state.momentum.data);
            }
        }
        new
    }

    /// The full name of its weight.
    #[must_use]
    pub fn weight(&self) -> String {
        format!("{}.weight", self.name)
    }

    pub(super) fn bias(&self) -> String {
        format!("{}.bias", self.name)
    }

    /// Whether the parameter of this full name is the layer's.
    #[must_use]
    pub fn owns(&self, parameter: &str) -> bool {
        parameter == self.weight() || parameter == self.bias()
    }

    /// A matrix `[out, columns]` as a tensor.
    pub fn matrix(&self, values: &[S]) -> Tensor {
        Tensor::new([self.out, self.columns], values.iter().map(|x| x.value()).collect())
    }

    // -------------------------------------------------------------- S6

    /// `V ← β2·V + (1 − β2)·A` for every `A` in order; while `t = 0`, each first resets `V` (S6).
    pub fn observe(&mut self, all: &[Vec<S>], t: u64, betas: [f64; 2], mutant: Option<Mutant>) {
        let beta = match mutant {
            Some(Mutant::EmaBeta1) => betas[0],
            _ => betas[1], // S6
        };
        self.v_before.clone_from(&self.v);
        for (nth, a) in all.iter().enumerate() {
            let reset = match mutant {
                Some(Mutant::FirstStepNotReset | Mutant::ObservationsAreSteps) => {
                    t == 0 && self.observations == 0
                }
                Some(Mutant::EveryStepReset) => t == 0 || nth == 0,
                _ => t == 0, // S6
            };
            if reset {
                self.v.fill(S::new(0.0));
            }
            for (v, &a) in self.v.iter_mut().zip(a) {
                *v = match mutant {
                    Some(Mutant::EmaStartsAtFirst) if reset => a,
                    _ => average_square(*v, a, beta, mutant),
                };
            }
            self.observations += 1;
        }
    }

    /// [`Mutant::SkipForgetsObservations`]
    pub fn forget_observations(&mut self) {
        self.v.clone_from(&self.v_before);
    }

    /// S15: `V` keeps what the forwards left, and `M` stays.
    pub fn without_gradient(&mut self, mutant: Option<Mutant>) {
        if mutant == Some(Mutant::AbsentGradientUnobserved) {
            self.v.clone_from(&self.v_before);
        }
    }

    // -------------------------------------------------------------- S9

    /// `G`, `[out, columns]`, the bias last (S9); `None` if the layer has no gradient (S15).
    pub fn gradient(&self, gradients: &Arrays<S>, mutant: Option<Mutant>) -> Option<Vec<S>> {
        let inputs = self.columns - usize::from(self.bias);
        let Some(weight) = gradients.get(&self.weight()) else {
            let zeros = || vec![S::new(0.0); self.out * self.columns];
            return (mutant == Some(Mutant::AbsentGradientIsZero)).then(zeros);
        };
        let bias = gradients.get(&self.bias());
        let mut g = Vec::with_capacity(self.out * self.columns);
        for i in 0..self.out {
            let bias = bias.map(|bias| bias.data[i]);
            g.extend(bias.filter(|_| mutant == Some(Mutant::GradientBiasFirst)));
            for j in 0..inputs {
                let at = i * inputs + j;
                g.push(match mutant {
                    // Entry (i, j) of the buffer that holds the transpose, [inputs, out].
                    Some(Mutant::GradientTransposed) => {
                        weight.data[at % self.out * inputs + at / self.out]
                    }
                    _ => weight.data[at], // S9
                });
            }
            g.extend(bias.filter(|_| mutant != Some(Mutant::GradientBiasFirst)));
        }
        Some(g)
    }

    // -------------------------------------------------------------- S12

    /// Moves the weight and the bias along their columns of `U` (S12).
    pub fn apply(&self, u: &[S], parameters: &mut Arrays<S>, rates: &Rates) {
        let inputs = self.columns - usize::from(self.bias);
        let rows = || u.chunks(self.columns);
        let weight: Vec<S> = rows().flat_map(|row| &row[..inputs]).copied().collect();
        let name = self.weight();
        let theta = &mut parameters.get_mut(&name).expect("a layer has a weight").data;
        rates.descend(&name, theta, &weight, Owner::Layer);
        if self.bias {
            let bias: Vec<S> = rows().map(|row| row[inputs]).collect();
            let name = self.bias();
            let theta = &mut parameters.get_mut(&name).expect("a layer with a bias").data;
            rates.descend(&name, theta, &bias, Owner::Layer);
        }
    }
}

/// S6 for one column.
fn average_square<S: Scalar>(v: S, a: S, beta2: f64, mutant: Option<Mutant>) -> S {
    let (keep, take) = (S::new(beta2), S::new(1.0 - beta2));
    let averaged = keep * v + take * a; // S6
    match mutant {
        Some(Mutant::Identity) => keep * v + a / (S::new(1.0) / take),
        Some(Mutant::EmaWeightsExchanged) => take * v + keep * a,
        Some(Mutant::EmaSums) => v + a,
        Some(Mutant::EmaMaximum) if averaged < v => v,
        Some(Mutant::Float32Ema) => in_float32(averaged),
        _ => averaged,
    }
}

pub(super) fn in_float32<S: Scalar>(x: S) -> S {
    S::new(f64::from(x.value() as f32))
}
