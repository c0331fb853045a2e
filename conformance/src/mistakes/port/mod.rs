//! A port of AdaAct to libtorch that makes a mistake of the catalogue on purpose.
//!
//! Written in tensor operations from the definition, apart from [`gpu::AdaAct`] and the
//! reference; only the network with its gradients is [`gpu::Network`]. Each mistake is one arm of a
//! `match` at the line where a port would make it; the last arm is the honest line.
//!
//! What no case can say changes nothing here, the mutants of kind `Beyond`.

mod apart;
mod apply;
mod constants;
mod layer;
mod observe;
mod optimizer;
mod passes;
mod patches;
mod rates;

use super::Mutant;
use anyhow::Result;
use fixtures::{Case, Dtype, Producer, Step, StepTrace, Trace, TraceSchema, model};
use gpu::NamedTensors;
use optimizer::Optimizer;
use passes::{Pass, Passes};
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

/// The trace of a case by a port on libtorch that makes this mistake (`None`: none).
///
/// It computes on the processor, in `dtype`.
///
/// # Errors
/// If the case does not fit together. A case that [`fixtures`] read does.
pub fn trace(case: &Case, mutant: Option<Mutant>, dtype: Dtype) -> Result<Trace> {
    let kind = match dtype {
        Dtype::Float64 => Kind::Double,
        Dtype::Float32 => Kind::Float,
    };
    let mut passes = Passes::new(case, mutant, kind)?;
    let mut optimizer = Optimizer::new(case, mutant, passes.parameters());
    let steps =
        case.steps.iter().map(|step| run(case, step, &mut passes, &mut optimizer)).collect();
    let (schema, producer) = (TraceSchema::V1, producer(mutant, dtype));
    Ok(Trace { schema, case: case.name.clone(), producer, steps })
}

/// One step, with every stage.
fn run(case: &Case, step: &Step, passes: &mut Passes, optimizer: &mut Optimizer) -> StepTrace {
    let passed: Vec<_> = step.forwards.iter().map(|forward| passes.run(forward)).collect();
    let gradients = optimizer.found(accumulated(optimizer.mutant, &passed));
    let layers = tch::no_grad(|| optimizer.step(step, &passed, &gradients));
    let plain = model::plain_parameters(&case.model).into_iter().map(|spec| {
        let gradient = download(&gradients[&spec.name]);
        (spec.name, gradient)
    });
    StepTrace {
        step: Some(optimizer.t),
        losses: passed.iter().map(|pass| pass.loss).collect(),
        outputs: Some(passed.iter().map(|pass| download(&pass.output)).collect()),
        layers,
        plain_gradients: plain.collect(),
        parameters: downloaded(passes.parameters()),
        buffers: downloaded(passes.buffers()),
    }
}

fn producer(mutant: Option<Mutant>, dtype: Dtype) -> Producer {
    Producer {
        name: "port".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        dtype,
        device: "cpu".to_owned(),
        other: mutant.map(|m| ("mutant".to_owned(), m.name().to_owned())).into_iter().collect(),
    }
}

/// Every parameter's gradient of a step, the sum over its training forwards; plain ones, too.
fn accumulated(mutant: Option<Mutant>, passes: &[Pass]) -> NamedTensors {
    let trained: Vec<_> = passes.iter().filter_map(|pass| pass.gradients.as_ref()).collect();
    let gradient = |name: &String| {
        let each = || trained.iter().map(|gradients| gradients[name].shallow_clone());
        let sum = || each().reduce(|sum, g| sum + g);
        let gradient = match mutant {
            Some(Mutant::LastGradientOnly) => each().next_back(),
            Some(Mutant::ForwardsMeaned) => sum().map(|g| g / trained.len() as f64),
            _ => sum(), // S9
        };
        (name.clone(), gradient.expect("every step has a training forward"))
    };
    trained[0].keys().map(gradient).collect()
}

/// Sizes as tch counts them.
fn size(n: usize) -> i64 {
    i64::try_from(n).expect("a size")
}

/// A file's tensor, each value rounded to the nearest of `kind`.
fn upload(tensor: &fixtures::Tensor, kind: Kind) -> Tensor {
    let shape: Vec<_> = tensor.shape.iter().map(|&n| size(n)).collect();
    Tensor::from_slice(&tensor.data).view(&shape[..]).to_kind(kind)
}

/// A tensor as files hold it.
fn download(tensor: &Tensor) -> fixtures::Tensor {
    let shape = tensor.size().into_iter().map(|n| usize::try_from(n).expect("not negative"));
    fixtures::Tensor::new(shape.collect::<Vec<_>>(), values(tensor))
}

fn downloaded(tensors: &NamedTensors) -> BTreeMap<String, fixtures::Tensor> {
    tensors.iter().map(|(name, tensor)| (name.clone(), download(tensor))).collect()
}

/// A tensor's values, row-major.
fn values(tensor: &Tensor) -> Vec<f64> {
    let mut data = vec![0.0; tensor.numel()];
    tensor.detach().to_kind(Kind::Double).contiguous().copy_data(&mut data, tensor.numel());
    data
}
