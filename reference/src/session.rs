//! A run of a case: forwards, backwards and updates, with every stage of the trace.

use crate::adaact::{AdaAct, Hyperparameters, LayerShape, Rates, Stages, gradient_matrix};
use crate::convert::{to_array, to_arrays, to_tensor, to_tensors};
use crate::{Activations, Error, Network, TensorMap, loss};
use fixtures::{
    Case, Dtype, LayerTrace, Loss, Mode, Optimizer, Producer, State, Step, StepTrace, Trace,
    TraceSchema, model,
};
use ndarray::Array1;
use std::collections::BTreeMap;

/// A model in training, as a case starts it.
pub struct Session {
    network: Network,
    loss: Loss,
    optimizer: Optimizer,
    adaact: AdaAct,
    parameters: TensorMap,
    buffers: TensorMap,
}

/// What the forwards of a step and their backwards leave behind.
#[derive(Default)]
struct Passes {
    losses: Vec<f64>,
    outputs: Vec<Activations>,
    /// `A` by layer, in order of use.
    mean_squares: BTreeMap<String, Vec<Array1<f64>>>,
    gradients: TensorMap,
}

impl Session {
    /// A session with the case's parameters, buffers and state; its steps are left to the caller.
    ///
    /// The case must be valid, as [`fixtures`] checks it.
    ///
    /// # Errors
    /// As [`AdaAct::new`] and [`AdaAct::restore`].
    pub fn start(case: &Case) -> Result<Self, Error> {
        let Optimizer { betas, eps, .. } = case.optimizer;
        let hyperparameters = Hyperparameters { betas, eps };
        let layers = model::preconditioned(&case.model)
            .into_iter()
            .map(|layer| LayerShape {
                out: layer.out(),
                columns: layer.columns(),
                groups: layer.groups(),
                bias: layer.bias(),
                name: layer.name,
            })
            .collect();
        let adaact = match &case.state {
            None => AdaAct::new(hyperparameters, layers)?,
            Some(state) => AdaAct::restore(hyperparameters, layers, state)?,
        };
        Ok(Self {
            network: Network::new(&case.model),
            loss: case.loss,
            optimizer: case.optimizer.clone(),
            adaact,
            parameters: to_arrays(&case.parameters),
            buffers: to_arrays(&case.buffers),
        })
    }

    /// Takes a step and tells every stage of it.
    ///
    /// # Errors
    /// As [`AdaAct::step`].
    pub fn step(&mut self, step: &Step) -> Result<StepTrace, Error> {
        let passes = in_pool(|| self.passes(step));
        let stages = self.update(step, &passes.gradients)?;
        Ok(self.trace(passes, stages))
    }

    /// Takes a step and tells the losses of its forwards.
    ///
    /// # Errors
    /// As [`AdaAct::step`].
    pub fn advance(&mut self, step: &Step) -> Result<Vec<f64>, Error> {
        let passes = in_pool(|| self.passes(step));
        self.update(step, &passes.gradients)?;
        Ok(passes.losses)
    }

    /// The output for `input` in evaluation mode; nothing is observed, kept or changed (S2).
    pub fn evaluate(&mut self, input: Activations) -> Activations {
        self.network.forward(&self.parameters, &mut self.buffers, input, Mode::Eval).output
    }

    /// `t`, and `V` and `M` of every layer (S20).
    #[must_use]
    pub fn state(&self) -> State {
        self.adaact.state()
    }

    /// The parameters as they are now.
    #[must_use]
    pub fn parameters(&self) -> &TensorMap {
        &self.parameters
    }

    /// The running statistics as they are now.
    #[must_use]
    pub fn buffers(&self) -> &TensorMap {
        &self.buffers
    }

    /// All forwards in order; those in training observe and add to the gradients.
    fn passes(&mut self, step: &Step) -> Passes {
        let mut passes = Passes::default();
        for forward in &step.forwards {
            let input = to_array(&forward.input).into_shared();
            let mode = forward.mode;
            let pass = self.network.forward(&self.parameters, &mut self.buffers, input, mode);
            let (loss, d_output) = loss(self.loss, &pass.output, &forward.target);
            passes.losses.push(loss);
            passes.outputs.push(pass.output.clone());
            for (layer, a) in &pass.observations {
                self.adaact.observe(layer, a);
                passes.mean_squares.entry(layer.clone()).or_default().push(a.clone());
            }
            if mode == Mode::Train {
                let d_output = d_output * forward.loss_scale;
                let gradients = &mut passes.gradients;
                self.network.backward(&self.parameters, pass, d_output, gradients);
            }
        }
        passes
    }

    /// The optimizer's step with its stages; `None` for a skipped step (S19).
    fn update(
        &mut self,
        step: &Step,
        gradients: &TensorMap,
    ) -> Result<Option<BTreeMap<String, Stages>>, Error> {
        if step.skip {
            return Ok(None);
        }
        let rates = |parameter: &str| {
            let (lr, weight_decay) = self.optimizer.rates(parameter, step.lr); // S14
            Rates { lr, weight_decay }
        };
        self.adaact.step(&mut self.parameters, gradients, &rates).map(Some)
    }

    fn trace(&self, passes: Passes, stages: Option<BTreeMap<String, Stages>>) -> StepTrace {
        let Passes { losses, outputs, mut mean_squares, mut gradients } = passes;
        let mut stages = stages.unwrap_or_default();
        let layers = self.adaact.layers().map(|layer| {
            let name = &layer.name;
            let observed = mean_squares.remove(name).unwrap_or_default();
            let weight = gradients.remove(&format!("{name}.weight"));
            let bias = gradients.remove(&format!("{name}.bias"));
            let stages = stages.remove(name);
            let layer = LayerTrace {
                mean_square: Some(observed.iter().map(|a| a.to_vec()).collect()),
                ema: Some(self.adaact.ema(name).to_vec()),
                gradient: weight.map(|w| to_tensor(&gradient_matrix(&w, bias.as_ref()))),
                scale: stages.as_ref().map(|stages| stages.scale.to_vec()),
                momentum: stages.as_ref().map(|stages| to_tensor(&stages.momentum)),
                update: stages.as_ref().map(|stages| to_tensor(&stages.update)),
            };
            (name.clone(), layer)
        });
        StepTrace {
            step: Some(self.adaact.steps()),
            losses,
            outputs: Some(outputs.iter().map(to_tensor).collect()),
            layers: layers.collect(),
            plain_gradients: to_tensors(&gradients), // what no layer above has taken
            parameters: to_tensors(&self.parameters),
            buffers: to_tensors(&self.buffers),
        }
    }
}

/// Runs `f` on a thread of the pool, where its many small parallel loops start without delay.
fn in_pool<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    rayon::scope(|_| f())
}

/// Runs a case and tells every stage of every step.
///
/// # Errors
/// As [`Session::start`] and [`Session::step`].
pub fn trace(case: &Case) -> Result<Trace, Error> {
    let mut session = Session::start(case)?;
    let steps = case.steps.iter().map(|step| session.step(step)).collect::<Result<_, _>>()?;
    Ok(Trace {
        schema: TraceSchema::V1,
        case: case.name.clone(),
        producer: Producer {
            name: "reference".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            dtype: Dtype::Float64,
            device: "cpu".to_owned(),
            other: BTreeMap::new(),
        },
        steps,
    })
}
