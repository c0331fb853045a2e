//! What every stage of a step is computed from, in the trace itself.

use super::equations::{self, Derived, Direction};
use super::precision::Precision;
use crate::compare::{Address, Before, CaseStep, Stage};
use fixtures::model::Preconditioned;
use fixtures::{Case, LayerTrace, Step, StepTrace};
use std::collections::BTreeMap;

/// A step of a trace, and what its stages come from.
pub(super) struct Stages<'s> {
    case: &'s Case,
    step: &'s Step,
    layers: BTreeMap<&'s str, &'s Preconditioned<'s>>,
    before: &'s Before<'s>,
    /// `t` of this step, if it is taken.
    t: u64,
    got: &'s StepTrace,
    precision: Precision,
}

impl<'s> Stages<'s> {
    /// The stages of the step of a trace, and `before` it.
    pub fn of(
        step: CaseStep<'s>,
        layers: &'s [Preconditioned<'s>],
        before: &'s Before<'s>,
        got: &'s StepTrace,
        precision: Precision,
    ) -> Self {
        let CaseStep { case, index, .. } = step;
        let layers = layers.iter().map(|layer| (layer.name.as_str(), layer)).collect();
        let t = before.t + 1;
        Self { case, step: &case.steps[index], layers, before, t, got, precision }
    }

    /// What is expected at `address`; `None` where the trace leaves out what it comes from.
    pub fn derive(&self, address: &Address) -> Option<Vec<Derived>> {
        let name = &address.name;
        match address.stage {
            Stage::Ema => self.ema(name),
            Stage::Scale => self.scale(name),
            Stage::Momentum => self.momentum(name),
            Stage::Update => self.update(name),
            Stage::Parameters => self.parameter(name),
            _ => None,
        }
    }

    fn layer(&self, name: &str) -> Option<&LayerTrace> {
        self.got.layers.get(name)
    }

    /// `V`: every observation of the step in order (S6).
    fn ema(&self, name: &str) -> Option<Vec<Derived>> {
        let mean_squares = self.layer(name)?.mean_square.as_ref()?;
        let [_, beta2] = self.case.optimizer.betas;
        let len = self.layers[name].statistic_len();
        let mut v = Derived::start(self.before.averages(name).ema, len, &self.precision)?;
        for a in mean_squares {
            if self.before.t == 0 {
                v.fill(Derived { expected: 0.0, bound: 0.0 }); // S6: only the last one counts
            }
            for (v, &a) in v.iter_mut().zip(a) {
                *v = equations::average(*v, a, beta2, &self.precision);
            }
        }
        Some(v)
    }

    /// `s` (S7, S8).
    fn scale(&self, name: &str) -> Option<Vec<Derived>> {
        let [_, beta2] = self.case.optimizer.betas;
        let eps = self.case.optimizer.eps;
        let s = |&v: &f64| equations::scale(v, self.t, beta2, eps, &self.precision);
        Some(self.layer(name)?.ema.as_ref()?.iter().map(s).collect())
    }

    /// `M` (S10).
    fn momentum(&self, name: &str) -> Option<Vec<Derived>> {
        let g = &self.layer(name)?.gradient.as_ref()?.data;
        let [beta1, _] = self.case.optimizer.betas;
        let m = Derived::start(self.before.averages(name).momentum, g.len(), &self.precision)?;
        let pairs = m.into_iter().zip(g);
        Some(pairs.map(|(m, &g)| equations::average(m, g, beta1, &self.precision)).collect())
    }

    /// `U`: every row of `M` with the scales of its group (S11).
    fn update(&self, name: &str) -> Option<Vec<Derived>> {
        let stages = self.layer(name)?;
        let (m, s) = (stages.momentum.as_ref()?, stages.scale.as_ref()?);
        let layer = self.layers[name];
        let [beta1, _] = self.case.optimizer.betas;
        let columns = layer.columns();
        let rows_per_group = layer.out() / layer.groups();
        let u = |(position, &m): (usize, &f64)| {
            let (row, column) = (position / columns, position % columns);
            let s = s[row / rows_per_group * columns + column];
            equations::update(m, s, self.t, beta1, &self.precision)
        };
        Some(m.data.iter().enumerate().map(u).collect())
    }

    /// `θ` after the step (S12–S14), or as it was (S19).
    fn parameter(&self, name: &str) -> Option<Vec<Derived>> {
        let before = &self.before.parameters[name].data;
        if self.step.skip {
            return Some(self.unchanged(name, before));
        }
        let rates = self.case.optimizer.rates(name, self.step.lr);
        let (direction, u) = self.direction(name)?;
        let given = if self.before.parameters_given { self.precision.of_given() } else { 0.0 };
        let theta = |(&theta, u): (&f64, f64)| {
            let theta = Derived { expected: theta, bound: theta.abs() * given };
            equations::descend(theta, u, direction, rates, &self.precision)
        };
        Some(before.iter().zip(u).map(theta).collect())
    }

    /// The parameters of a skipped step: as before, to the bit; the case's may have been rounded
    /// to the dtype.
    fn unchanged(&self, name: &str, before: &[f64]) -> Vec<Derived> {
        let got = &self.got.parameters[name].data;
        let expected = |(&before, &got): (&f64, &f64)| {
            let rounded = self.before.parameters_given && self.precision.is_rounded(before, got);
            Derived { expected: if rounded { got } else { before }, bound: 0.0 }
        };
        before.iter().zip(got).map(expected).collect()
    }

    /// What a parameter is moved along, in the parameter's order.
    fn direction(&self, name: &str) -> Option<(Direction, Vec<f64>)> {
        let (owner, kind) = name.rsplit_once('.').unwrap_or(("", name));
        let Some(layer) = self.layers.get(owner) else {
            let gradient = self.got.plain_gradients.get(name)?;
            return Some((Direction::PlainGradient, gradient.data.clone()));
        };
        // [out, columns]: the weight, and the bias in the last column (S9).
        let rows = self.layer(owner)?.update.as_ref()?.data.chunks(layer.columns());
        let inputs = layer.columns() - usize::from(layer.bias());
        let part = if kind == "bias" { inputs..layer.columns() } else { 0..inputs };
        Some((Direction::Update, rows.flat_map(|row| row[part.clone()].to_vec()).collect()))
    }
}
