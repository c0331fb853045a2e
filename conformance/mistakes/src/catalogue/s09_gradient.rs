//! S9: another gradient.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
#[cfg(feature = "tch")]
use fixtures::model::Preconditioned;
#[cfg(feature = "tch")]
use gpu::NamedTensors;
use slow::{Array, Arrays, Pass, Scalar, Shape};
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "gradient-transposed", "S9", Optimizer, GradientTransposed, "the weight's gradient read in transposed layout";
    "gradient-bias-first", "S9", Optimizer, GradientBiasFirst, "the bias's gradient as the first column";
    "forwards-meaned", "S9", Optimizer, ForwardsMeaned, "the gradient divided by the number of forwards";
    "last-gradient-only", "S9", Optimizer, LastGradientOnly, "the gradient of the last forward only";
    "gradients-not-cleared", "S9", Optimizer, GradientsNotCleared::default(), "the gradients of all earlier steps added to those of this one";
    "loss-scale-ignored", "S9", Optimizer, LossScaleIgnored, "the gradient of the unscaled loss";
}

/// The transpose's buffer, read as if it were not transposed.
#[derive(Clone)]
struct GradientTransposed;

impl<S: Scalar> slow::Clauses<S> for GradientTransposed {
    fn gradient(&mut self, layer: &Shape, gradients: &Arrays<S>) -> Option<Vec<S>> {
        let name = layer.weight_name();
        let Array { shape, data } = gradients.get(&name)?;
        let (out, inputs) = (layer.out, layer.inputs());
        let data = (0..data.len()).map(|at| data[at % out * inputs + at / out]).collect();
        let mut turned = gradients.clone();
        turned.insert(name, Array { shape: shape.clone(), data });
        slow::Definition.gradient(layer, &turned)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for GradientTransposed {
    fn gradient(&mut self, layer: &Preconditioned, gradients: &NamedTensors) -> Tensor {
        let [weight, bias] = port::columns(layer, &port::Definition.gradient(layer, gradients));
        Tensor::cat(&[weight.tr().contiguous().view_as(&weight), bias], 1)
    }
}

#[derive(Clone)]
struct GradientBiasFirst;

impl<S: Scalar> slow::Clauses<S> for GradientBiasFirst {
    fn gradient(&mut self, layer: &Shape, gradients: &Arrays<S>) -> Option<Vec<S>> {
        let mut gradient = slow::Definition.gradient(layer, gradients)?;
        if layer.bias {
            gradient.chunks_mut(layer.columns).for_each(|row| row.rotate_right(1));
        }
        Some(gradient)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for GradientBiasFirst {
    fn gradient(&mut self, layer: &Preconditioned, gradients: &NamedTensors) -> Tensor {
        let [weight, bias] = port::columns(layer, &port::Definition.gradient(layer, gradients));
        Tensor::cat(&[bias, weight], 1)
    }
}

#[derive(Clone)]
struct ForwardsMeaned;

impl<S: Scalar> slow::Clauses<S> for ForwardsMeaned {
    fn gradients(&mut self, passes: &[Pass<S>]) -> Arrays<S> {
        let mut gradients = slow::Definition.gradients(passes);
        let forwards = S::new(slow::training(passes).len() as f64);
        gradients.values_mut().flat_map(|g| &mut g.data).for_each(|g| *g = *g / forwards);
        gradients
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ForwardsMeaned {
    fn gradients(&mut self, forwards: &[&NamedTensors]) -> NamedTensors {
        let gradients = port::Definition.gradients(forwards).into_iter();
        gradients.map(|(name, g)| (name, g / forwards.len() as f64)).collect()
    }
}

#[derive(Clone)]
struct LastGradientOnly;

impl<S: Scalar> slow::Clauses<S> for LastGradientOnly {
    fn gradients(&mut self, passes: &[Pass<S>]) -> Arrays<S> {
        slow::training(passes).last().expect("a training forward").gradients.sums()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for LastGradientOnly {
    fn gradients(&mut self, forwards: &[&NamedTensors]) -> NamedTensors {
        port::Definition.gradients(&forwards[forwards.len() - 1..])
    }
}

/// Remembers the sums of all gradients so far.
#[derive(Clone, Default)]
struct GradientsNotCleared<T> {
    sums: T,
}

impl<S: Scalar> slow::Clauses<S> for GradientsNotCleared<Arrays<S>> {
    fn gradients(&mut self, passes: &[Pass<S>]) -> Arrays<S> {
        for (name, gradient) in slow::Definition.gradients(passes) {
            match self.sums.get_mut(&name) {
                Some(sum) => *sum = gradient.zip(sum, |g, sum| g + sum),
                None => drop(self.sums.insert(name, gradient)),
            }
        }
        self.sums.clone()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for GradientsNotCleared<NamedTensors> {
    fn gradients(&mut self, forwards: &[&NamedTensors]) -> NamedTensors {
        for (name, gradient) in port::Definition.gradients(forwards) {
            let sum = match self.sums.get(&name) {
                Some(sum) => sum + gradient,
                None => gradient,
            };
            self.sums.insert(name, sum);
        }
        self.sums.iter().map(|(name, sum)| (name.clone(), sum.shallow_clone())).collect()
    }
}

#[derive(Clone)]
struct LossScaleIgnored;

impl<S: Scalar> slow::Clauses<S> for LossScaleIgnored {
    fn pass_gradients(&mut self, pass: &Pass<S>) -> Arrays<S> {
        let mut gradients = pass.gradients.sums();
        let values = gradients.values_mut().flat_map(|g| &mut g.data);
        values.for_each(|g| *g = *g / pass.loss_scale);
        gradients
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for LossScaleIgnored {
    fn backward(&mut self, backward: &port::Backward) -> NamedTensors {
        backward.gradients(1.0)
    }
}
