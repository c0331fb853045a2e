//! Steps with every stage read back, and whole traces.

use crate::adaact::{AdaAct, Layer, Parameter};
use crate::layers::Observer;
use crate::session::{Options, Session};
use crate::tensor::{download, values};
use crate::{Error, backend};
use fixtures::{Case, LayerTrace, Producer, Step, StepTrace, Trace, TraceSchema};
use std::collections::BTreeMap;
use tch::Tensor;

/// Runs a case and records every stage of every step.
///
/// Float32 is IEEE float32: TF32 is turned off for the process, and with it the algorithms of
/// cuDNN whose results vary.
///
/// # Errors
/// As [`Session::start`] and [`Session::step`], and [`Error::Tf32`].
pub fn trace(case: &Case, options: Options) -> Result<Trace, Error> {
    let mut session = Session::start(case, options)?;
    backend::exact_float32()?;
    let steps = case.steps.iter().map(|step| session.step(step)).collect::<Result<_, _>>()?;
    let producer = Producer {
        name: "tch".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        dtype: options.dtype,
        device: options.device.to_string(),
        other: BTreeMap::from([("framework".to_owned(), format!("libtorch {LIBTORCH}"))]),
    };
    Ok(Trace { schema: TraceSchema::V1, case: case.name.clone(), producer, steps })
}

/// The libtorch that tch 0.24 is made for; torch-sys builds with no other.
const LIBTORCH: &str = "2.11.0";

impl Session {
    /// As [`Session::advance`], and reads every stage back.
    ///
    /// # Errors
    /// As [`Session::advance`].
    pub fn step(&mut self, step: &Step) -> Result<StepTrace, Error> {
        self.task.network.clear_gradients();
        let mut recorder = Recorder { adaact: &mut self.adaact, seen: BTreeMap::new() };
        let run = |forward| self.task.run(forward, &mut recorder);
        let outcomes: Vec<_> = step.forwards.iter().map(run).collect();
        let seen = recorder.seen;
        self.update(step)?;
        Ok(StepTrace {
            step: Some(self.adaact.t()),
            losses: outcomes.iter().map(|outcome| outcome.loss).collect(),
            outputs: Some(outcomes.iter().map(|outcome| download(&outcome.output)).collect()),
            layers: self.layer_traces(seen, step.skip),
            plain_gradients: self.plain_gradients(),
            parameters: self.parameters(),
            buffers: self.buffers(),
        })
    }

    fn layer_traces(&self, mut seen: Seen, skipped: bool) -> BTreeMap<String, LayerTrace> {
        let stages = |(number, layer): (usize, &Layer)| {
            let mut trace = LayerTrace {
                mean_square: Some(seen.remove(&number).unwrap_or_default()),
                ema: Some(values(&layer.v)),
                gradient: Some(download(&layer.gradient())),
                ..LayerTrace::default()
            };
            if !skipped {
                let constants = self.adaact.constants();
                trace.scale = Some(values(&layer.scale(constants)));
                trace.momentum = Some(download(&layer.momentum()));
                trace.update = Some(download(&layer.update(constants)));
            }
            (layer.name.clone(), trace)
        };
        self.adaact.layers().map(stages).collect()
    }

    fn plain_gradients(&self) -> fixtures::Tensors {
        let gradient = |p: &Parameter| (p.name.clone(), download(&p.tensor.grad()));
        self.adaact.plain().iter().map(gradient).collect()
    }
}

/// `A` of every observation, by the layer's number.
type Seen = BTreeMap<usize, Vec<Vec<f64>>>;

/// Lets the optimizer observe, and keeps what it computed.
struct Recorder<'s> {
    adaact: &'s mut AdaAct,
    seen: Seen,
}

impl Observer for Recorder<'_> {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        if let Some(a) = self.adaact.take_in(layer, input) {
            self.seen.entry(layer).or_default().push(values(&a));
        }
    }
}
