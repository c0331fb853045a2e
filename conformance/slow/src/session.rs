//! A run of a case by the slow copy.

use crate::adaact::algorithm::AdaAct;
use crate::adaact::clauses::{Definition, Observations};
use crate::adaact::layer::{Layer as OfRun, Stages};
use crate::adaact::refused::Refused;
use crate::adaact::rules::Rules;
use crate::array::{Array, Arrays};
use crate::compiled::{Compiled, passes};
use crate::network::forks::Forks;
use crate::network::pass::Pass;
use crate::scalar::Scalar;
use fixtures::model::{self, Preconditioned, PreconditionedLayer};
use fixtures::{
    Case, Layer, LayerTrace, Loss, Producer, Step, StepTrace, Tensors, Trace, TraceSchema,
};
use std::collections::BTreeMap;

/// A model in training by the slow copy, by AdaAct's rules or by others.
#[derive(Clone)]
pub struct Session<'c, S: Scalar> {
    model: &'c [Layer],
    loss: Loss,
    layers: Vec<Preconditioned<'c>>,
    adaact: AdaAct<S>,
    parameters: Arrays<S>,
    buffers: Arrays<S>,
}

/// The forwards of a step and their backwards, with the parameters and buffers that they began with.
#[derive(Clone, Debug)]
pub struct Passed<S> {
    parameters: Arrays<S>,
    before: Arrays<S>,
    after: Arrays<S>,
    passes: Vec<Pass<S>>,
}

impl<'c, S: Compiled> Session<'c, S> {
    /// Parameters, buffers and state as the case gives them, each number through `lift`.
    ///
    /// # Errors
    /// As [`AdaAct::new`]; a case that [`fixtures`] read causes none.
    pub fn start(
        case: &'c Case,
        rules: &dyn Rules<S>,
        lift: &dyn Fn(f64) -> S,
    ) -> Result<Self, Refused> {
        let lifted = |tensors: &Tensors| -> Arrays<S> {
            let lift = |tensor| Array::map_tensor(tensor, lift);
            tensors.iter().map(|(name, tensor)| (name.clone(), lift(tensor))).collect()
        };
        let layers = model::preconditioned(&case.model); // S1
        let adaact = AdaAct::new(&layers, &case.optimizer, case.state.as_ref(), rules)?;
        let (parameters, buffers) = (lifted(&case.parameters), lifted(&case.buffers));
        Ok(Self { model: &case.model, loss: case.loss, layers, adaact, parameters, buffers })
    }

    /// The forwards of a step with their backwards; only running statistics move.
    pub fn passes(&mut self, step: &Step, forks: &mut Forks) -> Vec<Pass<S>> {
        let (parameters, buffers) = (&self.parameters, &mut self.buffers);
        passes(self.model, self.loss, parameters, buffers, &step.forwards, forks)
    }

    /// What the optimizer makes of a step's passes; every stage is told.
    ///
    /// # Errors
    /// As [`AdaAct::step`]; passes of the same run cause none.
    pub fn finish(&mut self, step: &Step, passes: &[Pass<S>]) -> Result<StepTrace, Refused> {
        let observed = self.adaact.observations(&self.layers, passes);
        self.adaact.observe(&observed);
        let gradients = self.adaact.gradients(passes);
        let mut stages = if self.adaact.skips(step.skip, step.lr, &self.parameters) {
            self.adaact.skip(step.lr, &gradients, &mut self.parameters);
            BTreeMap::new()
        } else {
            self.adaact.step(step.lr, &gradients, &mut self.parameters)?
        };
        if step.skip {
            stages.clear(); // a trace has no place for them
        }
        Ok(self.trace(passes, observed, &gradients, stages))
    }

    /// A whole step along these forks.
    ///
    /// # Panics
    /// If the case is not valid, or the forks are those of another.
    pub fn step(&mut self, step: &Step, forks: &mut Forks) -> StepTrace {
        let passes = self.passes(step, forks);
        self.finish(step, &passes).expect("a valid case has observed what has a gradient")
    }

    /// The forwards of a step with their backwards, kept for other runs; this run does not move.
    ///
    /// # Panics
    /// As [`Session::step`].
    #[must_use]
    pub fn pass(&self, step: &Step, forks: &mut Forks) -> Passed<S> {
        let mut after = self.clone();
        let passes = after.passes(step, forks);
        let (parameters, before) = (after.parameters, self.buffers.clone());
        Passed { parameters, before, after: after.buffers, passes }
    }

    /// A whole step. If this run has come to where `passed` began, its passes are not computed again.
    ///
    /// # Panics
    /// As [`Session::step`].
    pub fn step_like(&mut self, step: &Step, passed: &Passed<S>) -> StepTrace {
        let is_there = same(&self.parameters, &passed.parameters);
        if !(is_there && same(&self.buffers, &passed.before)) {
            return self.step(step, &mut Forks::record());
        }
        self.buffers.clone_from(&passed.after);
        self.finish(step, &passed.passes).expect("a valid case has observed what has a gradient")
    }

    fn trace(
        &mut self,
        passes: &[Pass<S>],
        mut observed: Observations<S>,
        gradients: &Arrays<S>,
        mut stages: BTreeMap<String, Stages<S>>,
    ) -> StepTrace {
        let mut matrices = self.adaact.matrices(gradients);
        let layers = self.adaact.layers().iter().map(|OfRun { shape, averages, .. }| {
            let name = &shape.name;
            let stages = stages.remove(name);
            let observed = observed.remove(name).unwrap_or_default();
            let trace = LayerTrace {
                mean_square: Some(observed.iter().map(|a| values(a)).collect()),
                ema: Some(values(&averages.v)),
                gradient: matrices.remove(name).map(|gradient| shape.to_tensor(&gradient)),
                scale: stages.as_ref().map(|stages| values(&stages.scale)),
                momentum: stages.as_ref().map(|stages| shape.to_tensor(&stages.momentum)),
                update: stages.as_ref().map(|stages| shape.to_tensor(&stages.update)),
            };
            (name.clone(), trace)
        });
        let plain = gradients.iter().filter(|(name, _)| !self.adaact.owns(name));
        StepTrace {
            step: Some(self.adaact.t()),
            losses: passes.iter().map(|pass| pass.loss.value()).collect(),
            outputs: Some(passes.iter().map(|pass| pass.output.to_tensor()).collect()),
            layers: layers.collect(),
            plain_gradients: plain.map(|(name, g)| (name.clone(), g.to_tensor())).collect(),
            parameters: Array::to_tensors(&self.parameters),
            buffers: Array::to_tensors(&self.buffers),
        }
    }
}

/// Whether arrays of the same model are the same to the last bit, the sign of zeros included.
fn same<S: Scalar>(a: &Arrays<S>, b: &Arrays<S>) -> bool {
    let same = |(a, b): (&S, &S)| a == b && a.value().to_bits() == b.value().to_bits();
    let mut pairs = a.values().zip(b.values());
    pairs.all(|(a, b)| a.data.iter().zip(&b.data).all(same))
}

fn values<S: Scalar>(list: &[S]) -> Vec<f64> {
    list.iter().map(|x| x.value()).collect()
}

/// The whole trace of a case in the scalar's precision, by AdaAct's rules or by others.
///
/// # Panics
/// If the case is not valid.
#[must_use]
pub fn trace<S: Compiled>(case: &Case, rules: &dyn Rules<S>) -> Trace {
    let mut session = Session::start(case, rules, &S::new).expect("a valid case");
    let steps = case.steps.iter().map(|step| session.step(step, &mut Forks::record())).collect();
    let producer = producer::<S>(rules.name().to_owned());
    Trace { schema: TraceSchema::V1, case: case.name.clone(), producer, steps }
}

fn producer<S: Scalar>(name: String) -> Producer {
    Producer {
        name,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        dtype: S::DTYPE,
        device: "cpu".to_owned(),
        other: BTreeMap::new(),
    }
}

/// Whether a linear layer of the case reads rows with more than one leading axis (S3).
///
/// # Panics
/// If the case is not valid.
#[must_use]
pub fn sees_tokens(case: &Case) -> bool {
    let mut session = Session::<f64>::start(case, &Definition, &f64::new).expect("a valid case");
    let passes = session.passes(&case.steps[0], &mut Forks::record());
    let linear: Vec<_> = session
        .layers
        .iter()
        .filter(|layer| matches!(layer.layer, PreconditionedLayer::Linear(_)))
        .map(|layer| layer.name.as_str())
        .collect();
    let mut uses = passes.iter().flat_map(|pass| &pass.uses);
    uses.any(|used| used.input.shape.len() > 2 && linear.contains(&used.layer.as_str()))
}
