//! A run of a case by the slow copy.

use super::adaact::{AdaAct, Refused, Stages};
use super::{Array, Arrays, Forks, Observations, Pass, Scalar, observations, passes};
use crate::mistakes::Mutant;
use fixtures::model::{self, Preconditioned, PreconditionedLayer};
use fixtures::{
    Case, Layer, LayerTrace, Loss, Producer, Step, StepTrace, Tensors, Trace, TraceSchema,
};
use std::collections::BTreeMap;

/// A model in training by the slow copy, with a mutant or without.
#[derive(Clone)]
pub struct Session<'c, S> {
    model: &'c [Layer],
    loss: Loss,
    layers: Vec<Preconditioned<'c>>,
    adaact: AdaAct<S>,
    parameters: Arrays<S>,
    buffers: Arrays<S>,
    mutant: Option<Mutant>,
}

impl<'c, S: Scalar> Session<'c, S> {
    /// Parameters, buffers and state as the case gives them, each number through `lift`.
    ///
    /// # Errors
    /// As [`AdaAct::new`]; a case that [`fixtures`] read causes none.
    pub fn start(
        case: &'c Case,
        mutant: Option<Mutant>,
        lift: &dyn Fn(f64) -> S,
    ) -> Result<Self, Refused> {
        let lifted = |tensors: &Tensors| -> Arrays<S> {
            let lift = |tensor| Array::map_tensor(tensor, lift);
            tensors.iter().map(|(name, tensor)| (name.clone(), lift(tensor))).collect()
        };
        let layers = model::preconditioned(&case.model);
        let adaact = AdaAct::new(&layers, &case.optimizer, case.state.as_ref(), mutant)?;
        Ok(Self {
            model: &case.model,
            loss: case.loss,
            layers,
            adaact,
            parameters: lifted(&case.parameters),
            buffers: lifted(&case.buffers),
            mutant,
        })
    }

    /// The same run, started from `case` as this one, with another mutant or without; its forwards
    /// are the same.
    ///
    /// # Errors
    /// As [`Session::start`].
    pub fn with(&self, case: &Case, mutant: Option<Mutant>) -> Result<Self, Refused> {
        let adaact = AdaAct::new(&self.layers, &case.optimizer, case.state.as_ref(), mutant)?;
        Ok(Self { adaact, mutant, ..self.clone() })
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
        let observed = observations(&self.layers, passes, self.mutant);
        self.adaact.observe(&observed);
        let gradients = self.adaact.gradients(passes);
        let skipped = match self.mutant {
            Some(Mutant::SkipIgnored) => false,
            _ => step.skip, // S19
        };
        let mut stages = if skipped {
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

    fn trace(
        &self,
        passes: &[Pass<S>],
        mut observed: Observations<S>,
        gradients: &Arrays<S>,
        mut stages: BTreeMap<String, Stages<S>>,
    ) -> StepTrace {
        let layers = self.adaact.layers().iter().map(|layer| {
            let name = &layer.name;
            let stages = stages.remove(name);
            let rows = observed.remove(name).unwrap_or_default();
            let gradient = layer.gradient(gradients, self.mutant);
            let matrix = |values: &Vec<S>| layer.matrix(values);
            let trace = LayerTrace {
                mean_square: Some(rows.iter().map(|a| values(a)).collect()),
                ema: Some(values(&layer.v)),
                gradient: gradient.as_ref().map(matrix),
                scale: stages.as_ref().map(|stages| values(&stages.scale)),
                momentum: stages.as_ref().map(|stages| matrix(&stages.momentum)),
                update: stages.as_ref().map(|stages| matrix(&stages.update)),
            };
            (name.clone(), trace)
        });
        let plain = gradients
            .iter()
            .filter(|(name, _)| !self.adaact.layers().iter().any(|layer| layer.owns(name)));
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

fn values<S: Scalar>(list: &[S]) -> Vec<f64> {
    list.iter().map(|x| x.value()).collect()
}

/// The whole trace of a case, with a mutant or without, in the scalar's precision.
///
/// # Panics
/// If the case is not valid.
#[must_use]
pub fn trace<S: Scalar>(case: &Case, mutant: Option<Mutant>) -> Trace {
    let mut session = Session::<S>::start(case, mutant, &S::new).expect("a valid case");
    let steps = case.steps.iter().map(|step| session.step(step, &mut Forks::record())).collect();
    let name = mutant.map_or("slow", Mutant::name).to_owned();
    Trace { schema: TraceSchema::V1, case: case.name.clone(), producer: producer::<S>(name), steps }
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
#[must_use]
pub fn sees_tokens(case: &Case) -> bool {
    let mut session = Session::<f64>::start(case, None, &f64::new).expect("a valid case");
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
