//! Steps with every stage read back, and whole traces.

use crate::adaact::{AdaAct, Layer, Parameter};
use crate::backend::{Device, Precision};
use crate::error::Error;
use crate::network::Network;
use crate::observer::Observer;
use crate::session::{Options, Session};
use crate::tensor::{download, downloaded, values};
use fixtures::{Case, Dtype, LayerTrace, Producer, Step, StepTrace, Trace, TraceSchema};
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
    Precision::EXACT.set()?;
    let steps = case.steps.iter().map(|step| session.step(step)).collect::<Result<_, _>>()?;
    let producer = producer(options.dtype, options.device);
    Ok(Trace { schema: TraceSchema::V1, case: case.name.clone(), producer, steps })
}

/// The libtorch that tch 0.24 is made for; torch-sys builds with no other.
pub const LIBTORCH: &str = "2.11.0";

/// This crate, as the producer of a trace.
#[must_use]
pub fn producer(dtype: Dtype, device: Device) -> Producer {
    Producer {
        name: "tch".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        dtype,
        device: device.to_string(),
        other: BTreeMap::from([("framework".to_owned(), format!("libtorch {LIBTORCH}"))]),
    }
}

impl Session {
    /// As [`Session::advance`], and reads every stage back.
    ///
    /// # Errors
    /// As [`Session::advance`].
    pub fn step(&mut self, step: &Step) -> Result<StepTrace, Error> {
        self.task.network.clear_gradients();
        let mut record = StepRecord::default();
        for forward in &step.forwards {
            let outcome = self.task.run(forward, &mut record.observer(&mut self.adaact));
            record.add_forward(&outcome.output, outcome.loss);
        }
        self.update(step)?;
        Ok(record.finish(&self.task.network, &self.adaact, step.skip))
    }
}

/// Collects what a step's forwards give, and reads the rest back after the step.
///
/// ```text
/// network.train(&x, &mut record.observer(&mut adaact)), its loss, record.add_forward(…), backward
/// adaact.step(…), record.finish(…)
/// ```
#[derive(Default)]
pub struct StepRecord {
    /// `A` of every observation, by the layer's number.
    seen: BTreeMap<usize, Vec<Vec<f64>>>,
    losses: Vec<f64>,
    outputs: Vec<fixtures::Tensor>,
}

/// Lets the optimizer observe, and keeps what it computed.
struct Recorder<'s> {
    adaact: &'s mut AdaAct,
    record: &'s mut StepRecord,
}

impl Observer for Recorder<'_> {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        if let Some(a) = self.adaact.observe_layer(layer, input) {
            self.record.seen.entry(layer).or_default().push(values(&a));
        }
    }
}

impl StepRecord {
    /// The optimizer as an observer that is listened to.
    pub fn observer<'s>(&'s mut self, adaact: &'s mut AdaAct) -> impl Observer + 's {
        Recorder { adaact, record: self }
    }

    /// Adds the output and the unscaled loss of a forward.
    pub fn add_forward(&mut self, output: &Tensor, loss: f64) {
        self.losses.push(loss);
        self.outputs.push(download(output));
    }

    /// The step's trace, from what the optimizer and the gradients are after it.
    #[must_use]
    pub fn finish(self, network: &Network, adaact: &AdaAct, skipped: bool) -> StepTrace {
        let plain = adaact.plain().iter();
        let gradient = |p: &Parameter| (p.name.clone(), download(&p.tensor.grad()));
        StepTrace {
            step: Some(adaact.t()),
            losses: self.losses,
            outputs: Some(self.outputs),
            layers: layer_traces(adaact, self.seen, skipped),
            plain_gradients: plain.map(gradient).collect(),
            parameters: downloaded(network.parameters()),
            buffers: downloaded(network.buffers()),
        }
    }
}

fn layer_traces(
    adaact: &AdaAct,
    mut seen: BTreeMap<usize, Vec<Vec<f64>>>,
    skipped: bool,
) -> BTreeMap<String, LayerTrace> {
    let stages = |(number, layer): (usize, &Layer)| {
        let mut trace = LayerTrace {
            mean_square: Some(seen.remove(&number).unwrap_or_default()),
            ema: Some(values(&layer.v)),
            gradient: Some(download(&layer.gradient())),
            ..LayerTrace::default()
        };
        if !skipped {
            let constants = adaact.constants();
            trace.scale = Some(values(&layer.scale(constants)));
            trace.momentum = Some(download(&layer.momentum()));
            trace.update = Some(download(&layer.update(constants)));
        }
        (layer.name().to_owned(), trace)
    };
    adaact.layers().map(stages).collect()
}
