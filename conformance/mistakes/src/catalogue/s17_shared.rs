//! S17: layers used more than once, observed or differentiated in another way.

use super::statistics::{mean, sum};
#[cfg(feature = "tch")]
use super::statistics::{port_mean, port_sum};
use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
#[cfg(feature = "tch")]
use gpu::NamedTensors;
use slow::{Arrays, Pass, Scalar};
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "first-use-only", "S17", Observation, FirstUseOnly, "only the first use of a shared layer observed";
    "last-use-only", "S17", Observation, LastUseOnly, "only the last use of a shared layer observed";
    "uses-averaged", "S17", Observation, UsesAveraged, "the uses of a shared layer averaged into one observation";
    "uses-summed", "S17", Observation, UsesSummed, "the uses of a shared layer summed into one observation";
    "last-use-gradient-only", "S17", Optimizer, LastUseGradientOnly::default(), "only the gradient of a shared layer's last use";
}

#[derive(Clone)]
struct FirstUseOnly;

impl<S: Scalar> slow::Clauses<S> for FirstUseOnly {
    fn of_uses(&mut self, uses: Vec<Vec<S>>) -> Vec<Vec<S>> {
        uses.into_iter().take(1).collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for FirstUseOnly {
    fn of_uses(&mut self, uses: Vec<Tensor>) -> Vec<Tensor> {
        uses.into_iter().take(1).collect()
    }
}

#[derive(Clone)]
struct LastUseOnly;

impl<S: Scalar> slow::Clauses<S> for LastUseOnly {
    fn of_uses(&mut self, uses: Vec<Vec<S>>) -> Vec<Vec<S>> {
        uses.into_iter().next_back().into_iter().collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for LastUseOnly {
    fn of_uses(&mut self, uses: Vec<Tensor>) -> Vec<Tensor> {
        uses.into_iter().next_back().into_iter().collect()
    }
}

#[derive(Clone)]
struct UsesAveraged;

impl<S: Scalar> slow::Clauses<S> for UsesAveraged {
    fn of_uses(&mut self, uses: Vec<Vec<S>>) -> Vec<Vec<S>> {
        mean(&uses).into_iter().collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for UsesAveraged {
    fn of_uses(&mut self, uses: Vec<Tensor>) -> Vec<Tensor> {
        port_mean(&uses).into_iter().collect()
    }
}

#[derive(Clone)]
struct UsesSummed;

impl<S: Scalar> slow::Clauses<S> for UsesSummed {
    fn of_uses(&mut self, uses: Vec<Vec<S>>) -> Vec<Vec<S>> {
        sum(&uses).into_iter().collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for UsesSummed {
    fn of_uses(&mut self, uses: Vec<Tensor>) -> Vec<Tensor> {
        port_sum(&uses).into_iter().collect()
    }
}

/// `network`: in the port, one taken apart, with each use of a layer by itself.
#[derive(Clone, Default)]
struct LastUseGradientOnly<N> {
    #[cfg_attr(not(feature = "tch"), expect(dead_code, reason = "the slow copy needs none"))]
    network: N,
}

impl<S: Scalar> slow::Clauses<S> for LastUseGradientOnly<()> {
    fn pass_gradients(&mut self, pass: &Pass<S>) -> Arrays<S> {
        let by_use = pass.gradients.by_use.iter();
        by_use.map(|(name, uses)| (name.clone(), uses[0].clone())).collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for LastUseGradientOnly<Option<port::Apart>> {
    fn backward(&mut self, backward: &port::Backward) -> NamedTensors {
        let apart = || port::Apart::new(backward.model, backward.network).expect("a valid case");
        let network = self.network.get_or_insert_with(apart);
        network.gradients(backward.input, |output| backward.scaled_loss(output))
    }
}
