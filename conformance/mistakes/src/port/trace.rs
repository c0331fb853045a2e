//! A run of a case by the port.

use super::optimizer::Optimizer;
use super::passes::{Passes, training};
use super::rules::Rules;
use super::tensors::{download, downloaded};
use anyhow::Result;
use fixtures::{Case, Dtype, Producer, Step, StepTrace, Trace, TraceSchema, model};
use tch::Kind;

/// The trace of a case by the port, by AdaAct's rules or with a mistake.
///
/// It computes on the processor, in `dtype`.
///
/// # Errors
/// If the case does not fit together. A case that [`fixtures`] read does.
pub fn trace(case: &Case, rules: &dyn Rules, dtype: Dtype) -> Result<Trace> {
    let kind = match dtype {
        Dtype::Float64 => Kind::Double,
        Dtype::Float32 => Kind::Float,
    };
    let mut passes = Passes::new(case, kind)?;
    let mut optimizer = Optimizer::new(case, rules, passes.parameters());
    let steps =
        case.steps.iter().map(|step| run(case, step, &mut passes, &mut optimizer)).collect();
    let (schema, producer) = (TraceSchema::V1, producer(rules, dtype));
    Ok(Trace { schema, case: case.name.clone(), producer, steps })
}

/// One step, with every stage.
fn run(case: &Case, step: &Step, passes: &mut Passes, optimizer: &mut Optimizer) -> StepTrace {
    let mut back = |forward| passes.run(forward, |backward| optimizer.clauses.backward(backward));
    let passed: Vec<_> = step.forwards.iter().map(&mut back).collect();
    let trained: Vec<_> =
        training(&passed).into_iter().filter_map(|pass| pass.gradients.as_ref()).collect();
    let gradients = optimizer.clauses.gradients(&trained);
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

fn producer(rules: &dyn Rules, dtype: Dtype) -> Producer {
    let mistake = rules.mistake().map(|name| ("mistake".to_owned(), name.to_owned()));
    Producer {
        name: "port".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        dtype,
        device: "cpu".to_owned(),
        other: mistake.into_iter().collect(),
    }
}
