//! libtorch, trained beside the reference.

use super::outcome::TwinOutcome;
use crate::bounds::Bounds;
use crate::compare::Stage;
use crate::judge::judge_own_state;
use crate::subject::threads::Threads;
use anyhow::Result;
use fixtures::{Case, Dtype, Producer, Step, StepTrace, Tensor, Tensors, Trace, TraceSchema};
use reference::convert::to_tensors;
use std::collections::BTreeMap;

/// libtorch, trained beside the reference.
pub(super) struct Twin {
    session: gpu::Session,
    steps: Vec<StepTrace>,
}

impl Twin {
    pub fn start(case: &Case) -> Result<Self> {
        let session = gpu::Session::start(case, gpu::Options::default())?;
        Ok(Self { session, steps: Vec::new() })
    }

    pub fn step(&mut self, step: &Step) -> Result<()> {
        let _threads = Threads::set(1);
        self.steps.push(self.session.step(step)?);
        Ok(())
    }

    pub fn judge(
        self,
        case: &Case,
        bounds: &Bounds,
        session: &reference::Session,
    ) -> Result<Option<TwinOutcome>> {
        let drift = drift(&to_tensors(session.parameters()), &self.session.parameters());
        let producer = Producer {
            name: "tch".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            dtype: Dtype::Float64,
            device: "cpu".to_owned(),
            other: BTreeMap::new(),
        };
        let schema = TraceSchema::V1;
        let trace = Trace { schema, case: case.name.clone(), producer, steps: self.steps };
        let judgement = judge_own_state(case, &trace, bounds)?;
        Ok(Some(TwinOutcome { judgement, drift }))
    }
}

/// The largest difference of a parameter, relative to the largest of its array.
fn drift(expected: &Tensors, got: &Tensors) -> f64 {
    let measure = Stage::Parameters.measure();
    let of = |(e, g): (&Tensor, &Tensor)| measure.largest(&e.data, &g.data, |_| true);
    let pairs = expected.values().zip(got.values());
    pairs.filter_map(of).map(|largest| largest.error).fold(0.0, f64::max)
}
