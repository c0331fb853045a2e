//! S11: another update, another scale than this step's.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use slow::Scalar;
#[cfg(feature = "tch")]
use tch::{Device, Kind, Tensor};

mistakes! {
    "no-momentum", "S11", Optimizer, NoMomentum, "the gradient in place of M̂";
    "scale-by-rows", "S11", Optimizer, ScaleByRows, "rows scaled instead of columns";
    "scale-normalised", "S11", Optimizer, ScaleNormalised, "s divided by its mean";
    "scale-of-step-before", "S11", Optimizer, ScaleOfStepBefore { before: None }, "the scale of the step before";
    "first-group-scales", "S11", Optimizer, FirstGroupScales, "the first group's scale for the outputs of every group";
    "update-normalised", "S11", Optimizer, UpdateNormalised, "U divided by its norm";
}

#[derive(Clone)]
struct NoMomentum;

impl<S: Scalar> slow::Clauses<S> for NoMomentum {
    fn corrected_momentum(&mut self, _: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        at.gradient.to_vec()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for NoMomentum {
    fn corrected_momentum(&mut self, _: &Tensor, at: &port::LayerStep) -> Tensor {
        at.gradient.shallow_clone()
    }
}

/// A row is counted within its group.
#[derive(Clone)]
struct ScaleByRows;

impl<S: Scalar> slow::Clauses<S> for ScaleByRows {
    fn update(&mut self, m_hat: &[S], scale: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        let (columns, rows_of_group) = (at.layer.columns, at.layer.out / at.layer.groups);
        let entry = |(place, &m_hat): (usize, &S)| {
            let (group, row) = (place / columns / rows_of_group, place / columns % rows_of_group);
            m_hat * scale[group * columns + row % columns]
        };
        m_hat.iter().enumerate().map(entry).collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ScaleByRows {
    fn update(&mut self, m_hat: &Tensor, scale: &Tensor, _: &port::LayerStep) -> Tensor {
        let [groups, columns] = [0, 1].map(|axis| scale.size()[axis]);
        // [out, columns] → [groups, out/groups, columns]
        let m_hat = m_hat.view([groups, -1, columns]);
        let rows = Tensor::arange(m_hat.size()[1], (Kind::Int64, Device::Cpu));
        (m_hat * scale.index_select(1, &rows.remainder(columns)).unsqueeze(2)).flatten(0, 1)
    }
}

/// The mean is over all groups and the bias.
#[derive(Clone)]
struct ScaleNormalised;

impl<S: Scalar> slow::Clauses<S> for ScaleNormalised {
    fn scale(&mut self, v_hat: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        let scale = slow::Definition.scale(v_hat, at);
        let mean = slow::sum(scale.iter().copied()) / S::new(scale.len() as f64);
        scale.into_iter().map(|s| s / mean).collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ScaleNormalised {
    fn scale(&mut self, v_hat: &Tensor, at: &port::LayerStep) -> Tensor {
        let scale = port::Definition.scale(v_hat, at);
        &scale / scale.mean(None::<Kind>)
    }
}

/// Remembers `s` of the step before, if this run took one.
#[derive(Clone, Default)]
struct ScaleOfStepBefore<T> {
    before: Option<T>,
}

impl<S: Scalar> slow::Clauses<S> for ScaleOfStepBefore<Vec<S>> {
    fn scale(&mut self, v_hat: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        let scale = slow::Definition.scale(v_hat, at);
        self.before.replace(scale.clone()).unwrap_or(scale)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ScaleOfStepBefore<Tensor> {
    fn scale(&mut self, v_hat: &Tensor, at: &port::LayerStep) -> Tensor {
        let scale = port::Definition.scale(v_hat, at);
        self.before.replace(scale.shallow_clone()).unwrap_or(scale)
    }
}

#[derive(Clone)]
struct FirstGroupScales;

impl<S: Scalar> slow::Clauses<S> for FirstGroupScales {
    fn update(&mut self, m_hat: &[S], scale: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        let first = scale[..at.layer.columns].repeat(at.layer.groups);
        slow::Definition.update(m_hat, &first, at)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for FirstGroupScales {
    fn update(&mut self, m_hat: &Tensor, scale: &Tensor, at: &port::LayerStep) -> Tensor {
        let first = scale.narrow(0, 0, 1).expand_as(scale);
        port::Definition.update(m_hat, &first, at)
    }
}

#[derive(Clone)]
struct UpdateNormalised;

impl<S: Scalar> slow::Clauses<S> for UpdateNormalised {
    fn update(&mut self, m_hat: &[S], scale: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        let update = slow::Definition.update(m_hat, scale, at);
        let norm = slow::sum(update.iter().map(|&u| u * u)).sqrt();
        update.into_iter().map(|u| u / norm).collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for UpdateNormalised {
    fn update(&mut self, m_hat: &Tensor, scale: &Tensor, at: &port::LayerStep) -> Tensor {
        let update = port::Definition.update(m_hat, scale, at);
        &update / update.square().sum(None::<Kind>).sqrt()
    }
}
