//! S5: the bias without its column, or its column elsewhere.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use fixtures::model::Preconditioned;
use slow::Scalar;
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "bias-column-missing", "S5", Observation, BiasColumnMissing, "0 instead of 1 in the bias column";
    "bias-column-first", "S5", Observation, BiasColumnFirst, "the bias column in front";
    "bias-unscaled", "S5", Optimizer, BiasUnscaled, "a scale of 1 for the bias";
    "bias-plain", "S5", Optimizer, BiasPlain, "the bias stepped along its raw gradient, like a plain parameter";
}

#[derive(Clone)]
struct BiasColumnMissing;

impl<S: Scalar> slow::Clauses<S> for BiasColumnMissing {
    fn statistic(&mut self, layer: &Preconditioned, mut groups: Vec<Vec<S>>) -> Vec<S> {
        if layer.bias() {
            groups.iter_mut().for_each(|a| a[layer.columns() - 1] = S::new(0.0));
        }
        groups.concat()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for BiasColumnMissing {
    fn statistic(&mut self, layer: &Preconditioned, a: Tensor) -> Tensor {
        let [inputs, one] = port::columns(layer, &a);
        Tensor::cat(&[inputs, one.zeros_like()], 1)
    }
}

#[derive(Clone)]
struct BiasColumnFirst;

impl<S: Scalar> slow::Clauses<S> for BiasColumnFirst {
    fn statistic(&mut self, layer: &Preconditioned, mut groups: Vec<Vec<S>>) -> Vec<S> {
        if layer.bias() {
            groups.iter_mut().for_each(|a| a.rotate_right(1));
        }
        groups.concat()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for BiasColumnFirst {
    fn statistic(&mut self, layer: &Preconditioned, a: Tensor) -> Tensor {
        let [inputs, one] = port::columns(layer, &a);
        Tensor::cat(&[one, inputs], 1)
    }
}

#[derive(Clone)]
struct BiasUnscaled;

impl<S: Scalar> slow::Clauses<S> for BiasUnscaled {
    fn scale(&mut self, v_hat: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        let mut scale = slow::Definition.scale(v_hat, at);
        if at.layer.bias {
            scale.chunks_mut(at.layer.columns).for_each(|s| s[at.layer.inputs()] = S::new(1.0));
        }
        scale
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for BiasUnscaled {
    fn scale(&mut self, v_hat: &Tensor, at: &port::LayerStep) -> Tensor {
        let [inputs, bias] = port::columns(at.layer, &port::Definition.scale(v_hat, at));
        Tensor::cat(&[inputs, bias.ones_like()], 1)
    }
}

#[derive(Clone)]
struct BiasPlain;

impl<S: Scalar> slow::Clauses<S> for BiasPlain {
    fn update(&mut self, m_hat: &[S], scale: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        let mut update = slow::Definition.update(m_hat, scale, at);
        if at.layer.bias {
            let (columns, bias) = (at.layer.columns, at.layer.inputs());
            let rows = update.chunks_mut(columns).zip(at.gradient.chunks(columns));
            rows.for_each(|(u, g)| u[bias] = g[bias]);
        }
        update
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for BiasPlain {
    fn update(&mut self, m_hat: &Tensor, scale: &Tensor, at: &port::LayerStep) -> Tensor {
        let [inputs, _] = port::columns(at.layer, &port::Definition.update(m_hat, scale, at));
        let [_, bias] = port::columns(at.layer, at.gradient);
        Tensor::cat(&[inputs, bias], 1)
    }
}
