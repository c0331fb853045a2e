//! Honest ways to compute a step, which differ by nothing but rounding.

use crate::bounds::shuffle::{Orders, restore, shuffled};
use crate::subject::threads::Threads;
use anyhow::{Context, Result};
use fixtures::{Case, Dtype, StepTrace};

/// libtorch with so many threads, over the batch in some order.
///
/// The order of the samples of a batch changes the order in which everything is summed over them;
/// what comes out is the same up to rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine {
    /// Threads that an operation may use.
    pub threads: i32,
    /// The seed of the order of every batch; `None` for the given order.
    pub order: Option<u64>,
}

impl Engine {
    /// One thread and two; the given order and three others.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let orders = [None, Some(1), Some(2), Some(3)];
        let with = |threads| orders.map(|order| Self { threads, order });
        [with(1), with(2)].concat()
    }

    /// The traces of cases of one step, their outputs in the given order.
    ///
    /// # Errors
    /// If libtorch refuses a case.
    pub fn steps(self, cases: &[Case], dtype: Dtype) -> Result<Vec<StepTrace>> {
        let _threads = Threads::set(self.threads);
        let options = gpu::Options { dtype, ..gpu::Options::default() };
        cases.iter().map(|case| self.step(case, options)).collect()
    }

    fn step(self, case: &Case, options: gpu::Options) -> Result<StepTrace> {
        let orders = self.order.map(|seed| Orders::draw(case, seed));
        let mut trace = match &orders {
            Some(orders) => gpu::trace(&shuffled(case, orders), options)?,
            None => gpu::trace(case, options)?,
        };
        if let Some(orders) = &orders {
            restore(&mut trace.steps, orders);
        }
        trace.steps.into_iter().next().context("a case without a step")
    }
}
