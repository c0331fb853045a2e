//! From a model and a few words to a whole case.

use super::draw::Draw;
use super::pass::Pass;
use crate::bounds::fork_margin;
use fixtures::{Case, CaseDtype, CaseSchema, Group, Layer, Loss, Optimizer, State, Step, Tensors};

/// The least margin of a generated case's forks, relative to the largest input of their layer: more
/// than a thousand roundings of float32, which no honest subject of a small network bridges.
pub const MARGIN: f64 = 1e-4;

/// How often values are drawn for a case before it is given up.
const DRAWS: u64 = 1000;

/// A case under construction: what it is to be, before its values are drawn.
pub struct Builder {
    /// The case without values and steps.
    case: Case,
    seed: u64,
    /// The number of completed steps that the case starts after, if not from the start.
    mid_run: Option<u64>,
    /// The layer and unit that start with weights and bias of 0.
    silent: Option<(String, usize)>,
    steps: Vec<Planned>,
}

/// A step before its values are drawn.
struct Planned {
    passes: Vec<Pass>,
    lr: Option<f64>,
    skip: bool,
}

impl Builder {
    /// A case for this model, with values from this seed.
    pub fn new(
        name: &str,
        seed: u64,
        description: &str,
        clauses: &[&str],
        model: Vec<Layer>,
    ) -> Self {
        let case = Case {
            schema: CaseSchema::V1,
            name: name.to_owned(),
            description: description.to_owned(),
            clauses: clauses.iter().map(|&id| id.to_owned()).collect(),
            dtype: CaseDtype::Float64,
            model,
            loss: Loss::CrossEntropy { label_smoothing: 0.0 },
            optimizer: Optimizer {
                lr: 0.0625,
                betas: [0.875, 0.96875],
                eps: 1e-6,
                weight_decay: 0.0078125,
                groups: Vec::new(),
            },
            parameters: Tensors::new(),
            buffers: Tensors::new(),
            state: None,
            steps: Vec::new(),
        };
        Self { case, seed, mid_run: None, silent: None, steps: Vec::new() }
    }

    pub fn loss(mut self, loss: Loss) -> Self {
        self.case.loss = loss;
        self
    }

    pub fn optimizer(mut self, lr: f64, betas: [f64; 2], eps: f64, weight_decay: f64) -> Self {
        self.case.optimizer = Optimizer { lr, betas, eps, weight_decay, groups: Vec::new() };
        self
    }

    pub fn group(
        mut self,
        parameters: &[&str],
        lr: Option<f64>,
        weight_decay: Option<f64>,
    ) -> Self {
        let parameters = parameters.iter().map(|&name| name.to_owned()).collect();
        self.case.optimizer.groups.push(Group { parameters, lr, weight_decay });
        self
    }

    /// Starts after `step` completed steps, with random averages.
    pub fn mid_run(mut self, step: u64) -> Self {
        self.mid_run = Some(step);
        self
    }

    /// Lets one unit (or output channel) of a layer start with weights and bias of 0.
    pub fn silent(mut self, layer: &str, unit: usize) -> Self {
        self.silent = Some((layer.to_owned(), unit));
        self
    }

    /// Adds a step of these forwards.
    pub fn step(self, passes: &[Pass]) -> Self {
        self.push(passes, None, false)
    }

    /// Adds `count` steps of the same form, each with its own values.
    pub fn steps(mut self, count: usize, passes: &[Pass]) -> Self {
        for _ in 0..count {
            self = self.step(passes);
        }
        self
    }

    /// Adds a step with a learning rate of its own.
    pub fn step_at(self, lr: f64, passes: &[Pass]) -> Self {
        self.push(passes, Some(lr), false)
    }

    /// Adds a step whose update is left out (S19).
    pub fn skipped(self, passes: &[Pass]) -> Self {
        self.push(passes, None, true)
    }

    fn push(mut self, passes: &[Pass], lr: Option<f64>, skip: bool) -> Self {
        self.steps.push(Planned { passes: passes.to_vec(), lr, skip });
        self
    }

    /// The finished case: the first of the draws from its seed whose forks are all decided by
    /// [`MARGIN`] or by the convention.
    ///
    /// # Panics
    /// If none of a thousand draws is.
    pub fn build(self) -> Case {
        let clear = |case: &Case| fork_margin(case).is_none_or(|margin| margin >= MARGIN);
        let found = (0..DRAWS).map(|draw| self.drawn(draw)).find(clear);
        found.unwrap_or_else(|| panic!("{}: every draw has a narrow fork", self.case.name))
    }

    /// The finished case of the first draw, however its forks are decided.
    pub fn build_with_any_forks(self) -> Case {
        self.drawn(0)
    }

    /// The case with the values of one draw.
    fn drawn(&self, draw: u64) -> Case {
        let mut case = self.case.clone();
        let mut draw = Draw::new(self.seed, draw);
        case.parameters = draw.parameters(&case.model);
        if let Some((layer, unit)) = &self.silent {
            silence(&mut case.parameters, layer, *unit);
        }
        case.buffers = draw.buffers(&case.model);
        case.state = self.mid_run.map(|step| State { step, layers: draw.state(&case.model) });
        for Planned { passes, lr, skip } in &self.steps {
            let forwards = passes.iter().map(|pass| draw.forward(&case, pass)).collect();
            case.steps.push(Step { lr: *lr, skip: *skip, forwards });
        }
        case
    }
}

/// Zeroes what belongs to one unit of a layer.
fn silence(parameters: &mut Tensors, layer: &str, unit: usize) {
    for of_unit in ["weight", "bias"] {
        let tensor =
            parameters.get_mut(&format!("{layer}.{of_unit}")).expect("a layer with a bias");
        let len = tensor.data.len() / tensor.shape[0];
        tensor.data[unit * len..][..len].fill(0.0);
    }
}
