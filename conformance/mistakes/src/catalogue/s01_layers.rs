//! S1: preconditioned layers left plain.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use fixtures::model::PreconditionedLayer;
use slow::{Part, Scalar};
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "first-layer-plain", "S1", Optimizer, LeftPlain, "the first preconditioned layer left plain", in is_first;
    "last-layer-plain", "S1", Optimizer, LeftPlain, "the last preconditioned layer left plain", in is_last;
    "convolutions-plain", "S1", Optimizer, LeftPlain, "convolutions left plain", in is_convolution;
}

fn is_first(part: &Part) -> bool {
    matches!(part, Part::Layer { index: 0, .. })
}

fn is_last(part: &Part) -> bool {
    matches!(part, Part::Layer { all, index } if index + 1 == all.len())
}

fn is_convolution(part: &Part) -> bool {
    let convolution = |layer| matches!(layer, PreconditionedLayer::Conv2d(_));
    matches!(part, Part::Layer { all, index } if convolution(all[*index].layer))
}

/// `U = G`; all else is computed as usual.
#[derive(Clone)]
struct LeftPlain;

impl<S: Scalar> slow::Clauses<S> for LeftPlain {
    fn update(&mut self, _: &[S], _: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        at.gradient.to_vec()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for LeftPlain {
    fn update(&mut self, _: &Tensor, _: &Tensor, at: &port::LayerStep) -> Tensor {
        at.gradient.shallow_clone()
    }
}
