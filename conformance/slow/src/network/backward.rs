//! The way back through a network, and the gradients that are left on it.

use crate::array::{Array, Arrays};
use crate::scalar::Scalar;
use std::collections::BTreeMap;

/// From the gradient of a layer's output to that of its input; on the way, those of its parameters
/// are added to the gradients.
pub(super) type Backward<'p, S> = Box<dyn FnOnce(&Array<S>, &mut Gradients<S>) -> Array<S> + 'p>;

/// The gradients of a forward's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients<S> {
    /// By full name, one for each use of a parameter in the order of the way back: that of the last
    /// use first.
    pub by_use: BTreeMap<String, Vec<Array<S>>>,
}

impl<S: Scalar> Gradients<S> {
    /// Adds the gradient of one more use.
    pub(super) fn add(&mut self, name: &str, gradient: Array<S>) {
        self.by_use.entry(name.to_owned()).or_default().push(gradient);
    }

    /// The gradient of each parameter, the sum over its uses (S17).
    #[must_use]
    pub fn sums(&self) -> Arrays<S> {
        let sum = |uses: &Vec<Array<S>>| {
            let (last, earlier) = uses.split_first().expect("a use");
            let mut sum = last.clone();
            earlier.iter().for_each(|gradient| sum.add(gradient));
            sum
        };
        self.by_use.iter().map(|(name, uses)| (name.clone(), sum(uses))).collect()
    }
}

impl<S> Default for Gradients<S> {
    fn default() -> Self {
        Self { by_use: BTreeMap::new() }
    }
}
