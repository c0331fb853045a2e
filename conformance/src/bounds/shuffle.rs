//! The samples of a batch in another order, and what comes out back in the given one.

use fixtures::{Case, StepTrace, Target, Tensor};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// An order of the samples for every forward of a case: which sample of the batch comes `i`-th.
pub(crate) struct Orders(Vec<Vec<usize>>);

impl Orders {
    /// Orders for all forwards of all steps.
    pub fn draw(case: &Case, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let forwards = case.steps.iter().flat_map(|step| &step.forwards);
        let order = |samples: usize| {
            let mut order: Vec<usize> = (0..samples).collect();
            order.shuffle(&mut rng);
            order
        };
        Self(forwards.map(|forward| forward.input.shape[0]).map(order).collect())
    }
}

/// The case with its batches in these orders.
pub(crate) fn shuffled(case: &Case, orders: &Orders) -> Case {
    let mut case = case.clone();
    let forwards = case.steps.iter_mut().flat_map(|step| &mut step.forwards);
    for (forward, order) in forwards.zip(&orders.0) {
        forward.input = taken(&forward.input, order);
        forward.target = match &forward.target {
            Target::Classes(classes) => {
                Target::Classes(order.iter().map(|&sample| classes[sample]).collect())
            }
            Target::Values(values) => Target::Values(taken(values, order)),
        };
    }
    case
}

/// Puts the outputs of a shuffled run back in the given order; all else does not depend on it.
pub(crate) fn restore(steps: &mut [StepTrace], orders: &Orders) {
    let outputs = steps.iter_mut().flat_map(|step| step.outputs.iter_mut().flatten());
    for (output, order) in outputs.zip(&orders.0) {
        *output = taken(output, &inverse(order));
    }
}

/// The samples along the first axis, in this order.
fn taken(tensor: &Tensor, order: &[usize]) -> Tensor {
    assert_eq!(order.len(), tensor.shape[0], "an order of the samples of {:?}", tensor.shape);
    let size = tensor.data.len() / order.len();
    let data = order.iter().flat_map(|&sample| &tensor.data[sample * size..][..size]);
    Tensor::new(tensor.shape.clone(), data.copied().collect())
}

fn inverse(order: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; order.len()];
    for (at, &sample) in order.iter().enumerate() {
        inverse[sample] = at;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_move_whole_and_come_back() {
        let tensor = Tensor::new([3, 2], vec![0.0, 1.0, 10.0, 11.0, 20.0, 21.0]);
        let order = [2, 0, 1];
        let moved = taken(&tensor, &order);
        assert_eq!(moved.data, [20.0, 21.0, 0.0, 1.0, 10.0, 11.0]);
        assert_eq!(taken(&moved, &inverse(&order)), tensor);
    }
}
