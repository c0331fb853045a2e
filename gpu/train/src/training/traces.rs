//! `--trace_every`: a step of real training as a case and its trace, for `conformance check`.

use crate::batch::Batch;
use anyhow::{Context, Result, ensure};
use fixtures::run::{Optim, Settings};
use fixtures::{
    Case, CaseDtype, CaseSchema, Forward, Loss, MAX_FILE_BYTES, Mode, Step, StepTrace, Target,
    Trace, TraceSchema, elements, model,
};
use glob::Pattern;
use gpu::{AdaAct, Device, Network, Observer, StepRecord};
use std::fs;
use std::path::PathBuf;
use tch::Tensor;

/// Which steps and layers, and where to.
pub struct Traces {
    every: u64,
    layers: Option<Pattern>,
    directory: PathBuf,
    settings: Settings,
    device: Device,
}

/// A step that is being written down.
pub struct Traced<'t> {
    traces: &'t Traces,
    /// As all was before it.
    case: Case,
    record: StepRecord,
}

/// Digits that a number takes in a file, with its comma.
const BYTES_PER_NUMBER: u64 = 21;

impl Traces {
    /// # Errors
    /// If the optimizer has no traces, or the files would be too large to be read.
    pub fn new(
        every: u64,
        layers: Option<&str>,
        directory: PathBuf,
        settings: &Settings,
        device: Device,
    ) -> Result<Self> {
        ensure!(
            settings.optim == Optim::Adaact,
            "--trace_every: traces are AdaAct's, not of {}",
            settings.optim
        );
        let parameters = model::parameters(&settings.model.layers());
        let count: usize = parameters.iter().filter_map(|spec| elements(&spec.shape)).sum();
        let images = settings.batchsize * settings.micro_batches;
        let [channels, height, width] = settings.dataset.image();
        let batch = images * (channels * height * width) as u64;
        // Parameters and momentum.
        let bytes = (2 * count as u64 + batch) * BYTES_PER_NUMBER;
        ensure!(
            bytes <= MAX_FILE_BYTES,
            "--trace_every: a case of {} in batches of {} takes about {} MB, and files of at most \
             {} MB are read; resnet20 and resnet32 are small enough",
            settings.model,
            settings.batchsize,
            bytes >> 20,
            MAX_FILE_BYTES >> 20
        );
        let pattern = |glob| Pattern::new(glob).with_context(|| format!("--trace_layers {glob}"));
        let layers = layers.map(pattern).transpose()?;
        if let Some(glob) = &layers {
            let all = model::preconditioned(&settings.model.layers())
                .into_iter()
                .map(|layer| layer.name)
                .collect::<Vec<_>>();
            ensure!(
                all.iter().any(|name| glob.matches(name)),
                "--trace_layers {glob}: no layer of {} is called so; there are {}",
                settings.model,
                all.join(", ")
            );
        }
        Ok(Self { every, layers, directory, settings: settings.clone(), device })
    }

    /// Whether step `number` is written down.
    pub fn wants(&self, number: u64) -> bool {
        number.is_multiple_of(self.every)
    }

    /// The case of step `number`, counted from 1, as all is before it; without its forwards.
    pub fn begin(&self, number: u64, lr: f64, network: &Network, adaact: &AdaAct) -> Traced<'_> {
        let Settings { model, beta1, beta2, eps, weight_decay, .. } = self.settings;
        let state = adaact.state();
        let case = Case {
            schema: CaseSchema::V1,
            name: format!("{model}-step-{number:06}"),
            description: format!("Step {number} of a training run of {model} with AdaAct."),
            clauses: CLAUSES.map(str::to_owned).to_vec(),
            dtype: CaseDtype::Float64,
            model: model.layers(),
            loss: Loss::CrossEntropy { label_smoothing: 0.0 },
            optimizer: fixtures::Optimizer {
                lr,
                betas: [beta1, beta2],
                eps,
                weight_decay,
                groups: Vec::new(),
            },
            parameters: gpu::downloaded(network.parameters()),
            buffers: gpu::downloaded(network.buffers()),
            state: (state.step > 0).then_some(state),
            steps: vec![Step { lr: None, skip: false, forwards: Vec::new() }],
        };
        Traced { traces: self, case, record: StepRecord::default() }
    }
}

impl Traced<'_> {
    /// The optimizer as an observer that is listened to.
    pub fn observer<'s>(&'s mut self, adaact: &'s mut AdaAct) -> impl Observer + 's {
        self.record.observer(adaact)
    }

    /// Adds a micro-batch of a window with its logits and its loss.
    ///
    /// # Panics
    /// If classes are no ids.
    pub fn forward(&mut self, batch: &Batch, window: u64, logits: &Tensor, loss: f64) {
        let classes: Vec<i64> = Vec::try_from(&batch.classes).expect("class ids");
        self.case.steps[0].forwards.push(Forward {
            mode: Mode::Train,
            input: gpu::download(&batch.images),
            target: Target::Classes(classes.into_iter().map(|class| class as usize).collect()),
            loss_scale: 1.0 / window as f64,
        });
        self.record.add_forward(logits, loss);
    }

    /// Writes the case and its trace, after the optimizer's step.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn finish(self, network: &Network, adaact: &AdaAct) -> Result<()> {
        let Self { traces, case, record } = self;
        let mut step = record.finish(network, adaact, false);
        if let Some(glob) = &traces.layers {
            keep(&mut step, glob);
        }
        let trace = Trace {
            schema: TraceSchema::V1,
            case: case.name.clone(),
            producer: gpu::producer(traces.settings.dtype, traces.device),
            steps: vec![step],
        };
        let directory = &traces.directory;
        fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        let path = |kind| directory.join(format!("{}.{kind}.json", case.name));
        case.write(path("case"))?;
        trace.write(path("trace"))?;
        Ok(())
    }
}

/// What a step of training exercises.
const CLAUSES: [&str; 12] =
    ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12"];

/// Leaves the stages of some layers only; parameters are always there.
fn keep(step: &mut StepTrace, glob: &Pattern) {
    step.layers.retain(|name, _| glob.matches(name));
    step.plain_gradients.retain(|name, _| {
        let layer = name.rsplit_once('.').map_or("", |(layer, _)| layer);
        glob.matches(layer)
    });
}
