//! The running example: its inputs, the steps that they make, and what a trace tells of them.

use super::formula::{Values, combine, scalar};
use fixtures::{
    Case, CaseDtype, CaseSchema, Forward, Layer, LayerTrace, Linear, Loss, Mode, Optimizer, Step,
    StepTrace, Target, Tensor, Tensors,
};
use reference::adaact::{self, AdaAct, Hyperparameters, LayerShape, Rates};
use reference::convert::{to_array, to_tensor};
use reference::{Session, TensorMap};
use std::collections::BTreeMap;

/// Values of a clause's examples by name.
pub type Named = Vec<(&'static str, Tensor)>;

#[derive(Clone, Copy)]
pub struct Inputs<'a>(pub &'a Values);

impl Inputs<'_> {
    pub fn get(&self, name: &str) -> Tensor {
        self.0.get(name).unwrap_or_else(|| panic!("{name} is not given")).clone()
    }

    pub fn number(&self, name: &str) -> f64 {
        let value = self.get(name);
        assert!(value.shape.is_empty(), "{name} is no number");
        value.data[0]
    }

    pub fn pair(&self, name: &str) -> [usize; 2] {
        let value = self.get(name);
        [0, 1].map(|axis| value.data[axis] as usize)
    }

    pub fn hyperparameters(&self) -> Hyperparameters {
        let betas = [self.number("β1"), self.number("β2")];
        Hyperparameters { betas, eps: self.number("ε") }
    }

    /// `fc` and its initial values; steps are left to the caller.
    pub fn case(&self) -> Case {
        self.case_of(linear("fc", [2, 3], true), [("fc.weight", "W0"), ("fc.bias", "b0")].into())
    }

    pub fn case_of(&self, layer: Linear, parameters: BTreeMap<&str, &str>) -> Case {
        let Hyperparameters { betas, eps } = self.hyperparameters();
        Case {
            schema: CaseSchema::V1,
            name: "example".to_owned(),
            description: "An example of the specification.".to_owned(),
            clauses: Vec::new(),
            dtype: CaseDtype::Float64,
            model: vec![Layer::Linear(layer)],
            loss: Loss::MeanSquaredError,
            optimizer: Optimizer {
                lr: self.number("η"),
                betas,
                eps,
                weight_decay: self.number("λ"),
                groups: Vec::new(),
            },
            parameters: parameters
                .into_iter()
                .map(|(name, given)| (name.to_owned(), self.get(given)))
                .collect(),
            buffers: Tensors::new(),
            state: None,
            steps: Vec::new(),
        }
    }

    pub fn session(&self) -> Session {
        start(&self.case())
    }

    pub fn first(&self, session: &mut Session) -> Step {
        one(train(session, &self.get("X1"), &self.get("D1")))
    }

    pub fn second(&self, session: &mut Session) -> Step {
        one(train(session, &self.get("X2"), &self.get("D2")))
    }

    /// After the first step.
    pub fn after_first(&self) -> (Session, StepTrace) {
        let mut session = self.session();
        let step = self.first(&mut session);
        let trace = session.step(&step).unwrap();
        (session, trace)
    }

    pub fn both(&self) -> [StepTrace; 2] {
        let (mut session, first) = self.after_first();
        let step = self.second(&mut session);
        [first, session.step(&step).unwrap()]
    }

    /// `V` over `1 − β2ᵗ`.
    pub fn v_hat(&self, v: &Tensor, t: u64) -> Tensor {
        divided(v, adaact::correction(self.number("β2"), t))
    }

    pub fn adaact(&self) -> AdaAct {
        AdaAct::new(self.hyperparameters(), vec![fc()]).unwrap()
    }

    pub fn parameters(&self) -> TensorMap {
        arrays([("fc.weight", self.get("W0")), ("fc.bias", self.get("b0"))])
    }

    pub fn rates(&self) -> Rates {
        Rates { lr: self.number("η"), weight_decay: self.number("λ") }
    }
}

pub fn start(case: &Case) -> Session {
    case.validate_head().unwrap();
    Session::start(case).unwrap()
}

pub fn linear(name: &str, [in_features, out_features]: [usize; 2], bias: bool) -> Linear {
    Linear { name: name.to_owned(), in_features, out_features, bias }
}

pub fn fc() -> LayerShape {
    LayerShape { name: "fc".to_owned(), out: 3, columns: 3, groups: 1, bias: true }
}

pub fn forward(session: &mut Session, x: &Tensor, d: &Tensor, mode: Mode) -> Forward {
    let y = to_tensor(&session.evaluate(to_array(x).into_shared()));
    // The gradient of the mean of (y − target)² over n elements is 2/n·(y − target).
    let n = y.data.len() as f64;
    let target = combine(&y, d, |y, d| y - n / 2.0 * d).unwrap();
    Forward { mode, input: x.clone(), target: Target::Values(target), loss_scale: 1.0 }
}

/// A forward on `x` whose loss has the gradient `d` in the model's output.
pub fn train(session: &mut Session, x: &Tensor, d: &Tensor) -> Forward {
    forward(session, x, d, Mode::Train)
}

pub fn step(forwards: Vec<Forward>) -> Step {
    Step { lr: None, skip: false, forwards }
}

pub fn one(forward: Forward) -> Step {
    step(vec![forward])
}

pub fn layer(trace: &StepTrace) -> &LayerTrace {
    trace.layers.values().next().expect("one layer")
}

pub fn list(values: &[f64]) -> Tensor {
    Tensor::new([values.len()], values.to_vec())
}

pub fn v(trace: &StepTrace) -> Tensor {
    list(layer(trace).ema.as_ref().expect("a whole trace"))
}

pub fn s(trace: &StepTrace) -> Tensor {
    list(layer(trace).scale.as_ref().expect("a whole trace"))
}

pub fn g(trace: &StepTrace) -> Tensor {
    layer(trace).gradient.clone().expect("a whole trace")
}

pub fn m(trace: &StepTrace) -> Tensor {
    layer(trace).momentum.clone().expect("a step that was taken")
}

pub fn u(trace: &StepTrace) -> Tensor {
    layer(trace).update.clone().expect("a step that was taken")
}

pub fn w(trace: &StepTrace) -> Tensor {
    trace.parameters["fc.weight"].clone()
}

pub fn b(trace: &StepTrace) -> Tensor {
    trace.parameters["fc.bias"].clone()
}

pub fn t(trace: &StepTrace) -> Tensor {
    count(trace.step.expect("a whole trace"))
}

pub fn count(n: impl TryInto<u32>) -> Tensor {
    scalar(n.try_into().ok().expect("a small count").into())
}

pub fn divided(x: &Tensor, by: f64) -> Tensor {
    combine(x, &scalar(by), |x, by| x / by).unwrap()
}

pub fn arrays<const N: usize>(tensors: [(&str, Tensor); N]) -> TensorMap {
    tensors.map(|(name, tensor)| (name.to_owned(), to_array(&tensor))).into()
}
