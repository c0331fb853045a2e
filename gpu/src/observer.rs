//! Whoever sees the inputs of a network's layers.

use tch::Tensor;

/// Sees the input of every preconditioned layer of a [`Network`](crate::Network) in training, just
/// before the layer uses it.
pub trait Observer {
    /// `layer` counts the preconditioned layers in the model's order.
    ///
    /// Called without gradient tracking. The input is `[batch, …, features]` or
    /// `[batch, channel, y, x]`; it belongs to the forward and is not to be changed.
    fn observe(&mut self, layer: usize, input: &Tensor);
}

impl<O: Observer + ?Sized> Observer for &mut O {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        (**self).observe(layer, input);
    }
}

/// Sees nothing: for optimizers that use gradients alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn observe(&mut self, _: usize, _: &Tensor) {}
}
