//! What a forward looks like, before its values are drawn.

use fixtures::Mode;

/// A forward of a batch, in words.
#[derive(Clone, Debug)]
pub struct Pass {
    pub(super) mode: Mode,
    pub(super) shape: Vec<usize>,
    pub(super) loss_scale: f64,
    pub(super) dead: Option<usize>,
    pub(super) raised: f64,
    pub(super) factor: f64,
    pub(super) aim: f64,
    pub(super) input_flaw: Option<(usize, f64)>,
    pub(super) target_flaw: Option<(usize, f64)>,
}

/// A training forward of a batch of this shape.
pub fn train(shape: &[usize]) -> Pass {
    Pass {
        mode: Mode::Train,
        shape: shape.to_vec(),
        loss_scale: 1.0,
        dead: None,
        raised: 0.0,
        factor: 1.0,
        aim: 0.0,
        input_flaw: None,
        target_flaw: None,
    }
}

/// An evaluation forward of a batch of this shape.
pub fn eval(shape: &[usize]) -> Pass {
    Pass { mode: Mode::Eval, ..train(shape) }
}

impl Pass {
    /// Multiplies the loss before its gradient is taken.
    pub fn scaled(self, loss_scale: f64) -> Self {
        Self { loss_scale, ..self }
    }

    /// Zeroes one channel (axis 1) of an image, or one feature (the last axis) of rows.
    pub fn dead(self, channel: usize) -> Self {
        Self { dead: Some(channel), ..self }
    }

    /// Adds to every input; an integer keeps the values exact.
    pub fn raised(self, raised: f64) -> Self {
        Self { raised, ..self }
    }

    /// Multiplies every input, after [`Pass::raised`]; a power of two keeps the values exact.
    pub fn times(self, factor: f64) -> Self {
        Self { factor, ..self }
    }

    /// Moves the targets of a mean squared error away from 0.
    pub fn aimed_at(self, aim: f64) -> Self {
        Self { aim, ..self }
    }

    /// Replaces one value of the input.
    pub fn input_flaw(self, at: usize, value: f64) -> Self {
        Self { input_flaw: Some((at, value)), ..self }
    }

    /// Replaces one value of the target of a mean squared error.
    pub fn target_flaw(self, at: usize, value: f64) -> Self {
        Self { target_flaw: Some((at, value)), ..self }
    }
}
