//! Where a step of a trace begins: at what the trace reports after the step before.

use fixtures::model::{self, Preconditioned};
use fixtures::{Case, LayerState, State, Step, StepTrace, Tensor, Tensors, Trace};
use std::collections::BTreeMap;

/// The last `t` that a case may start from; a trace may report anything.
const MAX_STEP: u64 = (1 << 53) - 1;

/// Parameters, buffers and state before a step, as far as the trace tells them.
#[derive(Clone, Debug)]
pub(crate) struct Before<'t> {
    /// `t`, the number of completed steps: the trace's own, or counted where it has none.
    pub t: u64,
    /// The parameters.
    pub parameters: &'t Tensors,
    /// Whether the parameters are the case's, and not yet rounded to the subject's dtype.
    pub parameters_given: bool,
    /// The buffers; `None` where the trace leaves them out.
    buffers: Option<&'t Tensors>,
    /// `V` and `M` of every preconditioned layer.
    averages: BTreeMap<String, Averages<'t>>,
}

/// `V` and `M` of a layer before a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Averages<'t> {
    /// `V`, `[groups · columns]`.
    pub ema: Average<'t>,
    /// `M`, `[out, columns]`.
    pub momentum: Average<'t>,
}

/// The value of a moving average before a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Average<'t> {
    /// Nothing averaged so far.
    Zero,
    /// The case's, not yet rounded to the subject's dtype.
    Given(&'t [f64]),
    /// The trace's own.
    Own(&'t [f64]),
    /// The trace leaves it out.
    Untold,
}

impl<'t> Before<'t> {
    /// Where every step of a trace begins, in order; the trace must fit the case.
    pub fn steps(case: &'t Case, trace: &'t Trace) -> Vec<Self> {
        Self::each(case, &trace.steps)
    }

    /// Where each of the first steps of a trace begins.
    pub fn each(case: &'t Case, steps: &'t [StepTrace]) -> Vec<Self> {
        let layers = model::preconditioned(&case.model);
        let mut before = Self::start(case, &layers);
        let pairs = case.steps.iter().zip(steps);
        pairs
            .map(|(step, after)| {
                let next = before.next(step, after, !model::buffers(&case.model).is_empty());
                std::mem::replace(&mut before, next)
            })
            .collect()
    }

    /// The start of the case.
    pub fn start(case: &'t Case, layers: &[Preconditioned]) -> Self {
        let state = case.state.as_ref();
        let averages = |layer: &Preconditioned| {
            let given = state.and_then(|state| state.layers.get(&layer.name));
            let averages = given.map_or(Averages::ZERO, |given| Averages {
                ema: Average::Given(&given.ema),
                momentum: Average::Given(&given.momentum.data),
            });
            (layer.name.clone(), averages)
        };
        Self {
            t: state.map_or(0, |state| state.step),
            parameters: &case.parameters,
            parameters_given: true,
            buffers: Some(&case.buffers),
            averages: layers.iter().map(averages).collect(),
        }
    }

    /// What `after`, the trace of `step`, reports.
    fn next(&self, step: &Step, after: &'t StepTrace, has_buffers: bool) -> Self {
        let counted = self.t + u64::from(!step.skip);
        // What no case could start from is not restarted from: there the trace diverges anyway.
        let t = after.step.unwrap_or(counted).min(MAX_STEP);
        let averages = |(name, before): (&String, &Averages<'t>)| {
            let stages = after.layers.get(name);
            let ema = stages.and_then(|stages| stages.ema.as_deref());
            let momentum = stages.and_then(|stages| stages.momentum.as_ref());
            let averages = match t {
                // With no step completed, S6 resets V, and M is still 0.
                0 => Averages::ZERO,
                _ => Averages {
                    ema: ema.map_or(Average::Untold, Average::Own),
                    momentum: match momentum {
                        Some(momentum) => Average::Own(&momentum.data),
                        None if step.skip => before.momentum, // S19
                        None => Average::Untold,
                    },
                },
            };
            (name.clone(), averages)
        };
        Self {
            t,
            parameters: &after.parameters,
            parameters_given: false,
            buffers: (!(has_buffers && after.buffers.is_empty())).then_some(&after.buffers),
            averages: self.averages.iter().map(averages).collect(),
        }
    }

    /// `V` and `M` of a layer of the model.
    pub fn averages(&self, layer: &str) -> Averages<'t> {
        self.averages[layer]
    }

    /// The case without its steps, starting here; `None` where the trace leaves something out.
    pub fn head(&self, case: &Case) -> Option<Case> {
        let mut layers = BTreeMap::new();
        for layer in model::preconditioned(&case.model).iter().filter(|_| self.t > 0) {
            let Averages { ema, momentum } = self.averages(&layer.name);
            let shape = [layer.out(), layer.columns()];
            let momentum = momentum.values(shape[0] * shape[1])?;
            let state = LayerState {
                ema: ema.values(layer.statistic_len())?,
                momentum: Tensor::new(shape, momentum),
            };
            layers.insert(layer.name.clone(), state);
        }
        Some(Case {
            schema: case.schema,
            name: case.name.clone(),
            description: case.description.clone(),
            clauses: case.clauses.clone(),
            dtype: case.dtype,
            model: case.model.clone(),
            loss: case.loss,
            optimizer: case.optimizer.clone(),
            parameters: self.parameters.clone(),
            buffers: self.buffers?.clone(),
            // A run from the start needs no state.
            state: (self.t > 0 || case.state.is_some()).then_some(State { step: self.t, layers }),
            steps: Vec::new(),
        })
    }
}

impl Averages<'_> {
    const ZERO: Self = Self { ema: Average::Zero, momentum: Average::Zero };
}

impl Average<'_> {
    fn values(self, len: usize) -> Option<Vec<f64>> {
        match self {
            Average::Zero => Some(vec![0.0; len]),
            Average::Given(values) | Average::Own(values) => Some(values.to_vec()),
            Average::Untold => None,
        }
    }
}

/// Whether every step reports buffers, and `V` and `M` of every layer; parameters always are.
#[must_use]
pub fn reports_state(case: &Case, trace: &Trace) -> bool {
    report_state(case, &trace.steps)
}

/// As [`reports_state`], of the first steps of a trace.
pub(crate) fn report_state(case: &Case, steps: &[StepTrace]) -> bool {
    let layers = model::preconditioned(&case.model);
    let has_buffers = !model::buffers(&case.model).is_empty();
    let reports = |(step, after): (&Step, &StepTrace)| {
        let averages = |layer: &Preconditioned| {
            let stages = after.layers.get(&layer.name);
            stages.is_some_and(|s| s.ema.is_some() && (step.skip || s.momentum.is_some()))
        };
        (!has_buffers || !after.buffers.is_empty()) && layers.iter().all(averages)
    };
    case.steps.iter().zip(steps).all(reports)
}

/// The case cut to each of its steps, starting from what the trace reports after the step before.
///
/// # Panics
/// If the trace is not a full one.
#[must_use]
pub fn single_steps(case: &Case, trace: &Trace) -> Vec<Case> {
    cut_to_steps(case, &trace.steps)
}

/// As [`single_steps`], by the first steps of a trace.
pub(crate) fn cut_to_steps(case: &Case, steps: &[StepTrace]) -> Vec<Case> {
    let befores = Before::each(case, steps).into_iter();
    let cut = |(before, step): (Before, &Step)| {
        let head = before.head(case).expect("a full trace");
        Case { steps: vec![step.clone()], ..head }
    };
    befores.zip(&case.steps).map(cut).collect()
}
