//! Loss, accuracy and the layers' inputs over the test images.

use super::interrupt::Interrupt;
use super::loss::{correct, cross_entropy};
use crate::task::Task;
use anyhow::Result;
use gpu::{Network, Observer};
use std::collections::BTreeMap;
use std::time::Instant;
use tch::{Kind, Reduction, Tensor};

/// What the test images gave.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Mean over the images.
    pub loss: f64,
    /// Per cent of the images.
    pub accuracy: f64,
    pub seconds: f64,
    /// By the layer's full name.
    pub input_mean_squares: BTreeMap<String, f64>,
}

impl Evaluation {
    /// Of an epoch that broke off.
    pub const NONE: Self = Self {
        loss: f64::NAN,
        accuracy: f64::NAN,
        seconds: 0.0,
        input_mean_squares: BTreeMap::new(),
    };

    /// Evaluates a network; nothing if a signal came.
    ///
    /// # Errors
    /// If a batch cannot be made.
    pub fn of(network: &Network, task: &dyn Task, interrupt: &Interrupt) -> Result<Option<Self>> {
        let start = Instant::now();
        let count = task.test_images() as f64;
        let (mut loss, mut right) = (0.0, 0);
        let mut inputs = BTreeMap::new();
        for batch in task.evaluation() {
            if interrupt.is_wanted() {
                return Ok(None);
            }
            let batch = batch?;
            let share = batch.classes.size()[0] as f64 / count;
            let mut observer = Inputs { share, sums: &mut inputs };
            let logits = network.evaluate_observed(&batch.images, &mut observer);
            loss += cross_entropy(&logits, &batch, Reduction::Sum).double_value(&[]);
            right += correct(&logits, &batch);
        }
        let names: Vec<_> = network.layer_names().collect();
        let named = |(layer, sum): (usize, f64)| (names[layer].to_owned(), sum);
        Ok(Some(Self {
            loss: loss / count,
            accuracy: 100.0 * right as f64 / count,
            seconds: start.elapsed().as_secs_f64(),
            input_mean_squares: inputs.into_iter().map(named).collect(),
        }))
    }
}

/// Adds up the mean squares of the layers' inputs, each batch by its share of all images.
struct Inputs<'s> {
    share: f64,
    sums: &'s mut BTreeMap<usize, f64>,
}

impl Observer for Inputs<'_> {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        let mean_square = input.square().mean(Kind::Double).double_value(&[]);
        *self.sums.entry(layer).or_default() += self.share * mean_square;
    }
}
