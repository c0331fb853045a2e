//! The layers of a model on tch. Those that AdaAct preconditions show their own inputs to an
//! observer (S2); gradients come from autograd.

use crate::observer::Observer;
use tch::{Kind, Tensor};

/// How a model is run.
pub enum Pass<'o> {
    /// With gradients, batch statistics, and an observer of the layers' inputs.
    Train(&'o mut dyn Observer),
    /// Without gradients, with running statistics; AdaAct observes nothing here (S2).
    Evaluate(&'o mut dyn Observer),
}

impl Pass<'_> {
    /// S2; a frozen layer is not observed (S15).
    fn observe(&mut self, layer: usize, weight: &Tensor, input: &Tensor) {
        let (Pass::Train(observer) | Pass::Evaluate(observer)) = self;
        if weight.requires_grad() {
            tch::no_grad(|| observer.observe(layer, input));
        }
    }
}

/// One layer with its tensors; they are the network's own, not copies.
pub(crate) enum Module {
    Linear(Linear),
    Conv2d(Conv2d),
    BatchNorm2d(BatchNorm2d),
    LayerNorm(LayerNorm),
    Relu,
    Tanh,
    Gelu,
    Flatten,
    AvgPool2d {
        kernel: i64,
    },
    MaxPool2d {
        kernel: i64,
    },
    GlobalAvgPool2d,
    MeanTokens,
    Residual {
        body: Vec<Module>,
        shortcut: Option<Vec<Module>>,
    },
    Concat {
        body: Vec<Module>,
    },
    SubsamplePad2d {
        stride: [i64; 2],
        before: i64,
        after: i64,
    },
    /// The layer at this position of the same list, used again.
    Shared(usize),
}

pub(crate) struct Linear {
    /// Its number among the preconditioned layers.
    pub layer: usize,
    /// `[out, in]`
    pub weight: Tensor,
    pub bias: Option<Tensor>,
}

pub(crate) struct Conv2d {
    /// Its number among the preconditioned layers.
    pub layer: usize,
    /// `[out, in/groups, ky, kx]`
    pub weight: Tensor,
    pub bias: Option<Tensor>,
    pub stride: [i64; 2],
    pub padding: [i64; 2],
    pub dilation: [i64; 2],
    pub groups: i64,
}

pub(crate) struct BatchNorm2d {
    pub weight: Tensor,
    pub bias: Tensor,
    pub running_mean: Tensor,
    pub running_var: Tensor,
    pub momentum: f64,
    pub eps: f64,
}

pub(crate) struct LayerNorm {
    pub weight: Tensor,
    pub bias: Tensor,
    pub eps: f64,
}

/// Runs a list of layers one after the other.
pub(crate) fn forward(modules: &[Module], input: &Tensor, pass: &mut Pass) -> Tensor {
    let mut x = input.shallow_clone();
    for module in modules {
        x = match module {
            Module::Shared(earlier) => modules[*earlier].forward(&x, pass),
            module => module.forward(&x, pass),
        };
    }
    x
}

impl Module {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Tensor {
        match self {
            Module::Linear(l) => l.forward(x, pass),
            Module::Conv2d(l) => l.forward(x, pass),
            Module::BatchNorm2d(l) => l.forward(x, pass),
            Module::LayerNorm(l) => l.forward(x),
            Module::Relu => x.relu(),
            Module::Tanh => x.tanh(),
            Module::Gelu => x.gelu("none"),
            Module::Flatten => x.flatten(1, -1),
            Module::AvgPool2d { kernel: k } => x.avg_pool2d([*k; 2], [*k; 2], 0, false, true, None),
            Module::MaxPool2d { kernel: k } => x.max_pool2d([*k; 2], [*k; 2], 0, 1, false),
            // [B, C, H, W] → [B, C]
            Module::GlobalAvgPool2d => x.mean_dim([2, 3].as_slice(), false, None::<Kind>),
            // [B, N, C] → [B, C]
            Module::MeanTokens => x.mean_dim([1].as_slice(), false, None::<Kind>),
            Module::Residual { body, shortcut } => {
                let body = forward(body, x, pass);
                match shortcut {
                    Some(shortcut) => body + forward(shortcut, x, pass),
                    None => body + x,
                }
            }
            Module::Concat { body } => Tensor::cat(&[&forward(body, x, pass), x], 1),
            Module::SubsamplePad2d { stride: [sy, sx], before, after } => x
                .slice(2, None, None, *sy)
                .slice(3, None, None, *sx)
                .constant_pad_nd([0, 0, 0, 0, *before, *after]),
            Module::Shared(_) => unreachable!("resolved in the list that holds it"),
        }
    }
}

impl Linear {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Tensor {
        pass.observe(self.layer, &self.weight, x);
        x.linear(&self.weight, self.bias.as_ref())
    }
}

impl Conv2d {
    fn forward(&self, x: &Tensor, pass: &mut Pass) -> Tensor {
        pass.observe(self.layer, &self.weight, x);
        let (stride, padding, dilation) = (self.stride, self.padding, self.dilation);
        x.conv2d(&self.weight, self.bias.as_ref(), stride, padding, dilation, self.groups)
    }
}

impl BatchNorm2d {
    fn forward(&self, x: &Tensor, pass: &Pass) -> Tensor {
        let training = matches!(pass, Pass::Train(_));
        x.batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.running_mean),
            Some(&self.running_var),
            training,
            self.momentum,
            self.eps,
            true,
        )
    }
}

impl LayerNorm {
    fn forward(&self, x: &Tensor) -> Tensor {
        let (weight, bias) = (Some(&self.weight), Some(&self.bias));
        x.layer_norm(self.weight.size(), weight, bias, self.eps, true)
    }
}
