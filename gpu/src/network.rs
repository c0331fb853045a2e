//! A model: the layers of a case, with its parameters and buffers.

use crate::backend::clear_gradient;
use crate::error::Error;
use crate::layers::{self, BatchNorm2d, Conv2d, LayerNorm, Linear, Module, Pass};
use crate::observer::{Observer, Unobserved};
use crate::preconditioned::{Geometry, Preconditioned};
use crate::tensor::{NamedTensors, shape, size};
use fixtures::Layer;
use fixtures::model::{self, TensorSpec, join};
use tch::Tensor;

/// A model on tch.
pub struct Network {
    modules: Vec<Module>,
    preconditioned: Vec<Preconditioned>,
    parameters: NamedTensors,
    buffers: NamedTensors,
}

impl Network {
    /// Builds a model on tensors that already exist; they stay shared with the caller.
    ///
    /// Dtype and device are the tensors'. A parameter is trained if it requires gradients.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Surplus`], [`Error::Shape`] and [`Error::Layout`], if the tensors
    /// are not exactly those that [`fixtures::model`] lists, row-major.
    pub fn new(
        model: &[Layer],
        parameters: NamedTensors,
        buffers: NamedTensors,
    ) -> Result<Self, Error> {
        check(&model::parameters(model), &parameters)?;
        check(&model::buffers(model), &buffers)?;
        let mut builder =
            Builder { parameters: &parameters, buffers: &buffers, preconditioned: vec![] };
        let modules = builder.list(model, "");
        let preconditioned = builder.preconditioned;
        Ok(Self { modules, preconditioned, parameters, buffers })
    }

    /// The output for a batch, tracked by autograd.
    ///
    /// `observer` sees the input of every trainable linear and convolution layer, in order of
    /// execution (S2). Running statistics move on.
    pub fn train(&self, input: &Tensor, observer: &mut dyn Observer) -> Tensor {
        layers::forward(&self.modules, input, &mut Pass::Train(observer))
    }

    /// The output for a batch with running statistics; nothing is tracked, observed or changed.
    pub fn evaluate(&self, input: &Tensor) -> Tensor {
        self.evaluate_observed(input, &mut Unobserved)
    }

    /// As [`Network::evaluate`], with an observer of the layers' inputs: for diagnosis.
    ///
    /// AdaAct observes nothing in evaluation (S2): the observer must not be an optimizer.
    pub fn evaluate_observed(&self, input: &Tensor, observer: &mut dyn Observer) -> Tensor {
        tch::no_grad(|| layers::forward(&self.modules, input, &mut Pass::Evaluate(observer)))
    }

    /// The parameters by name.
    #[must_use]
    pub fn parameters(&self) -> &NamedTensors {
        &self.parameters
    }

    /// Running means and variances by name.
    #[must_use]
    pub fn buffers(&self) -> &NamedTensors {
        &self.buffers
    }

    /// Makes every parameter's gradient absent; to be called before a step's first backward.
    pub fn clear_gradients(&mut self) {
        self.parameters.values_mut().for_each(clear_gradient);
    }

    /// Linear and convolution layers, as [`AdaAct::new`](crate::AdaAct::new) needs them, in the
    /// model's order, in which an [`Observer`] counts them.
    #[must_use]
    pub fn preconditioned(&self) -> &[Preconditioned] {
        &self.preconditioned
    }

    /// Full names of the linear and convolution layers, as an [`Observer`] counts them.
    pub fn layer_names(&self) -> impl Iterator<Item = &str> {
        self.preconditioned.iter().map(|layer| layer.name.as_str())
    }
}

fn check(expected: &[TensorSpec], tensors: &NamedTensors) -> Result<(), Error> {
    for TensorSpec { name, shape: expected } in expected {
        let tensor = tensors.get(name).ok_or_else(|| Error::Missing { name: name.clone() })?;
        let found = shape(tensor);
        if found != *expected {
            return Err(Error::Shape { name: name.clone(), expected: expected.clone(), found });
        }
        if !tensor.is_contiguous() {
            return Err(Error::Layout { name: name.clone() });
        }
    }
    match tensors.keys().find(|name| !expected.iter().any(|spec| spec.name == **name)) {
        Some(name) => Err(Error::Surplus { name: name.clone() }),
        None => Ok(()),
    }
}

/// Turns descriptions into modules; the tensors are known to be there.
struct Builder<'t> {
    parameters: &'t NamedTensors,
    buffers: &'t NamedTensors,
    preconditioned: Vec<Preconditioned>,
}

impl Builder<'_> {
    fn list(&mut self, layers: &[Layer], prefix: &str) -> Vec<Module> {
        let mut modules = Vec::with_capacity(layers.len());
        for layer in layers {
            modules.push(match layer {
                Layer::Shared { of } => {
                    let earlier = layers.iter().position(|l| l.name() == Some(of));
                    Module::Shared(earlier.expect("a validated model"))
                }
                layer => self.module(layer, &join(prefix, layer.name().unwrap_or_default())),
            });
        }
        modules
    }

    fn module(&mut self, layer: &Layer, name: &str) -> Module {
        match layer {
            Layer::Linear(l) => {
                let (weight, bias) = (self.parameter(name, "weight"), self.bias(name, l.bias));
                let layer = self.precondition(name, Geometry::Linear);
                Module::Linear(Linear { layer, weight, bias })
            }
            Layer::Conv2d(l) => {
                let (weight, bias) = (self.parameter(name, "weight"), self.bias(name, l.bias));
                let (stride, padding) = (l.stride.map(size), l.padding.map(size));
                let (dilation, groups) = (l.dilation.map(size), size(l.groups));
                let geometry = Geometry::Conv2d { stride, padding, dilation, groups };
                let layer = self.precondition(name, geometry);
                Module::Conv2d(Conv2d { layer, weight, bias, stride, padding, dilation, groups })
            }
            Layer::BatchNorm2d(l) => Module::BatchNorm2d(BatchNorm2d {
                weight: self.parameter(name, "weight"),
                bias: self.parameter(name, "bias"),
                running_mean: self.buffer(name, "running_mean"),
                running_var: self.buffer(name, "running_var"),
                momentum: l.momentum,
                eps: l.eps,
            }),
            Layer::LayerNorm(l) => Module::LayerNorm(LayerNorm {
                weight: self.parameter(name, "weight"),
                bias: self.parameter(name, "bias"),
                eps: l.eps,
            }),
            Layer::Relu => Module::Relu,
            Layer::Tanh => Module::Tanh,
            Layer::Gelu => Module::Gelu,
            Layer::Flatten => Module::Flatten,
            Layer::AvgPool2d { kernel } => Module::AvgPool2d { kernel: size(*kernel) },
            Layer::MaxPool2d { kernel } => Module::MaxPool2d { kernel: size(*kernel) },
            Layer::GlobalAvgPool2d => Module::GlobalAvgPool2d,
            Layer::MeanTokens => Module::MeanTokens,
            Layer::Residual(l) => Module::Residual {
                body: self.list(&l.body, &join(name, "body")),
                shortcut: l.shortcut.as_ref().map(|s| self.list(s, &join(name, "shortcut"))),
            },
            Layer::Concat(l) => Module::Concat { body: self.list(&l.body, &join(name, "body")) },
            Layer::SubsamplePad2d(l) => Module::SubsamplePad2d {
                stride: l.stride.map(size),
                before: size(l.before),
                after: size(l.after),
            },
            Layer::Shared { .. } => unreachable!("resolved in the list that holds it"),
        }
    }

    /// Enters a layer into the list that AdaAct works on; returns its number.
    fn precondition(&mut self, name: &str, geometry: Geometry) -> usize {
        self.preconditioned.push(Preconditioned { name: name.to_owned(), geometry });
        self.preconditioned.len() - 1
    }

    fn parameter(&self, layer: &str, name: &str) -> Tensor {
        self.parameters[&join(layer, name)].shallow_clone()
    }

    fn bias(&self, layer: &str, has_bias: bool) -> Option<Tensor> {
        has_bias.then(|| self.parameter(layer, "bias"))
    }

    fn buffer(&self, layer: &str, name: &str) -> Tensor {
        self.buffers[&join(layer, name)].shallow_clone()
    }
}
