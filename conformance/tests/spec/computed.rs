//! What the reference makes of the examples' inputs.

use super::Computed;
use super::formula::{Values, combine, scalar};
use fixtures::{
    Case, CaseDtype, CaseSchema, Conv2d, Forward, Group, Layer, LayerNorm, LayerState, LayerTrace,
    Linear, Loss, Mode, Optimizer, State, Step, StepTrace, Target, Tensor, Tensors, model,
};
use reference::adaact::{self, AdaAct, Hyperparameters, LayerShape, Rates};
use reference::convert::{to_array, to_tensor};
use reference::{Session, TensorMap, statistic};
use std::collections::BTreeMap;

/// The values of all examples, from the inputs of all examples.
pub fn all(given: &Values) -> Computed {
    let mut computed = Computed::new();
    let inputs = Inputs(given);
    for (clause, values) in [
        ("S1", layers()),
        ("S2", observations(inputs)),
        ("S3", linear_statistic(inputs)),
        ("S4", convolutional_statistic(inputs)),
        ("S5", bias_column(inputs)),
        ("S6", average(inputs)),
        ("S7", correction(inputs)),
        ("S8", scale(inputs)),
        ("S9", gradient(inputs)),
        ("S10", momentum(inputs)),
        ("S11", update(inputs)),
        ("S12", descent(inputs)),
        ("S13", plain(inputs)),
        ("S14", groups(inputs)),
        ("S15", absent(inputs)),
        ("S16", rate_zero(inputs)),
        ("S17", shared(inputs)),
        ("S18", accepted(inputs)),
        ("S19", skipped(inputs)),
        ("S20", resumed(inputs)),
    ] {
        for (name, value) in values {
            let before = computed.insert(name.to_owned(), (clause.to_owned(), value));
            assert!(before.is_none(), "{name} is computed twice");
        }
    }
    computed
}

type Named = Vec<(&'static str, Tensor)>;

// ------------------------------------------------------------------ the running example

#[derive(Clone, Copy)]
struct Inputs<'a>(&'a Values);

impl Inputs<'_> {
    fn get(&self, name: &str) -> Tensor {
        self.0.get(name).unwrap_or_else(|| panic!("{name} is not given")).clone()
    }

    fn number(&self, name: &str) -> f64 {
        let value = self.get(name);
        assert!(value.shape.is_empty(), "{name} is no number");
        value.data[0]
    }

    fn pair(&self, name: &str) -> [usize; 2] {
        let value = self.get(name);
        [0, 1].map(|axis| value.data[axis] as usize)
    }

    fn hyperparameters(&self) -> Hyperparameters {
        let betas = [self.number("β1"), self.number("β2")];
        Hyperparameters { betas, eps: self.number("ε") }
    }

    /// `fc` and its initial values; steps are left to the caller.
    fn case(&self) -> Case {
        self.case_of(linear("fc", [2, 3], true), [("fc.weight", "W0"), ("fc.bias", "b0")].into())
    }

    fn case_of(&self, layer: Linear, parameters: BTreeMap<&str, &str>) -> Case {
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

    fn session(&self) -> Session {
        start(&self.case())
    }

    fn first(&self, session: &mut Session) -> Step {
        one(train(session, &self.get("X1"), &self.get("D1")))
    }

    fn second(&self, session: &mut Session) -> Step {
        one(train(session, &self.get("X2"), &self.get("D2")))
    }

    /// After the first step.
    fn after_first(&self) -> (Session, StepTrace) {
        let mut session = self.session();
        let step = self.first(&mut session);
        let trace = session.step(&step).unwrap();
        (session, trace)
    }

    fn both(&self) -> [StepTrace; 2] {
        let (mut session, first) = self.after_first();
        let step = self.second(&mut session);
        [first, session.step(&step).unwrap()]
    }

    /// `V` over `1 − β2ᵗ`.
    fn v_hat(&self, v: &Tensor, t: u64) -> Tensor {
        divided(v, adaact::correction(self.number("β2"), t))
    }

    fn adaact(&self) -> AdaAct {
        AdaAct::new(self.hyperparameters(), vec![fc()]).unwrap()
    }

    fn parameters(&self) -> TensorMap {
        arrays([("fc.weight", self.get("W0")), ("fc.bias", self.get("b0"))])
    }

    fn rates(&self) -> Rates {
        Rates { lr: self.number("η"), weight_decay: self.number("λ") }
    }
}

fn start(case: &Case) -> Session {
    case.validate_head().unwrap();
    Session::start(case).unwrap()
}

fn linear(name: &str, [in_features, out_features]: [usize; 2], bias: bool) -> Linear {
    Linear { name: name.to_owned(), in_features, out_features, bias }
}

fn fc() -> LayerShape {
    LayerShape { name: "fc".to_owned(), out: 3, columns: 3, groups: 1, bias: true }
}

fn forward(session: &mut Session, x: &Tensor, d: &Tensor, mode: Mode) -> Forward {
    let y = to_tensor(&session.evaluate(to_array(x).into_shared()));
    // The gradient of the mean of (y − target)² over n elements is 2/n·(y − target).
    let n = y.data.len() as f64;
    let target = combine(&y, d, |y, d| y - n / 2.0 * d).unwrap();
    Forward { mode, input: x.clone(), target: Target::Values(target), loss_scale: 1.0 }
}

/// A forward on `x` whose loss has the gradient `d` in the model's output.
fn train(session: &mut Session, x: &Tensor, d: &Tensor) -> Forward {
    forward(session, x, d, Mode::Train)
}

fn step(forwards: Vec<Forward>) -> Step {
    Step { lr: None, skip: false, forwards }
}

fn one(forward: Forward) -> Step {
    step(vec![forward])
}

fn layer(trace: &StepTrace) -> &LayerTrace {
    trace.layers.values().next().expect("one layer")
}

fn list(values: &[f64]) -> Tensor {
    Tensor::new([values.len()], values.to_vec())
}

fn v(trace: &StepTrace) -> Tensor {
    list(layer(trace).ema.as_ref().expect("a whole trace"))
}

fn s(trace: &StepTrace) -> Tensor {
    list(layer(trace).scale.as_ref().expect("a whole trace"))
}

fn g(trace: &StepTrace) -> Tensor {
    layer(trace).gradient.clone().expect("a whole trace")
}

fn m(trace: &StepTrace) -> Tensor {
    layer(trace).momentum.clone().expect("a step that was taken")
}

fn u(trace: &StepTrace) -> Tensor {
    layer(trace).update.clone().expect("a step that was taken")
}

fn w(trace: &StepTrace) -> Tensor {
    trace.parameters["fc.weight"].clone()
}

fn b(trace: &StepTrace) -> Tensor {
    trace.parameters["fc.bias"].clone()
}

fn t(trace: &StepTrace) -> Tensor {
    count(trace.step.expect("a whole trace"))
}

fn count(n: impl TryInto<u32>) -> Tensor {
    scalar(n.try_into().ok().expect("a small count").into())
}

fn divided(x: &Tensor, by: f64) -> Tensor {
    combine(x, &scalar(by), |x, by| x / by).unwrap()
}

fn arrays<const N: usize>(tensors: [(&str, Tensor); N]) -> TensorMap {
    tensors.map(|(name, tensor)| (name.to_owned(), to_array(&tensor))).into()
}

// ------------------------------------------------------------------ S1 to S5: what is observed

fn layers() -> Named {
    let model = [
        Layer::Linear(linear("fc", [2, 3], true)),
        Layer::LayerNorm(LayerNorm { name: "norm".to_owned(), features: 3, eps: 0.5 }),
    ];
    let preconditioned = model::preconditioned(&model);
    vec![
        ("preconditioned", count(preconditioned.len())),
        ("plain", count(model::plain_parameters(&model).len())),
        ("columns_fc", count(preconditioned[0].columns())),
    ]
}

fn observations(inputs: Inputs) -> Named {
    let mut session = inputs.session();
    let (x, d) = (inputs.get("X2"), inputs.get("D2"));
    let evaluation = forward(&mut session, &x, &d, Mode::Eval);
    let mut step = inputs.first(&mut session);
    step.forwards.insert(0, evaluation.clone());
    step.forwards.push(evaluation);
    let trace = session.step(&step).unwrap();
    let observed = layer(&trace).mean_square.as_ref().unwrap();
    vec![("observations", count(observed.len())), ("A_observed", list(&observed[0]))]
}

fn linear_statistic(inputs: Inputs) -> Named {
    let x = inputs.get("X1");
    let tokens = Tensor::new([2, 2, 2], x.data.clone());
    let a = |x: &Tensor| to_tensor(&statistic::linear_mean_square(&to_array(x).view(), false));
    vec![("N", count(x.shape[0])), ("A", a(&x)), ("A_tokens", a(&tokens))]
}

fn convolution(x: &Tensor, kernel: [usize; 2], groups: usize) -> Conv2d {
    Conv2d {
        name: "conv".to_owned(),
        in_channels: x.shape[1],
        out_channels: 2 * groups,
        kernel,
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups,
        bias: false,
    }
}

fn conv2d_mean_square(x: &Tensor, layer: &Conv2d) -> Tensor {
    let x = to_array(x).into_dimensionality().unwrap();
    to_tensor(&statistic::conv2d_mean_square(&x.view(), layer))
}

/// The convolutions of S4: padded and strided, in two groups.
fn convolutions(inputs: Inputs) -> [(Tensor, Conv2d); 2] {
    let image = inputs.get("image");
    let conv = Conv2d {
        stride: inputs.pair("stride"),
        padding: inputs.pair("padding"),
        ..convolution(&image, inputs.pair("kernel"), 1)
    };
    let image_groups = inputs.get("image_groups");
    let grouped = convolution(&image_groups, inputs.pair("kernel_groups"), 2);
    [(image, conv), (image_groups, grouped)]
}

fn convolutional_statistic(inputs: Inputs) -> Named {
    let [(image, conv), (image_groups, grouped)] = convolutions(inputs);
    let x = to_array(&image).into_dimensionality().unwrap();
    let patches = to_tensor(&statistic::plain::patches(&x.view(), &conv, 0));
    let dilated = Conv2d { dilation: [1, 2], ..grouped.clone() };
    vec![
        ("N_conv", count(patches.shape[0])),
        ("patches", patches),
        ("A_conv", conv2d_mean_square(&image, &conv)),
        ("A_groups", conv2d_mean_square(&image_groups, &grouped)),
        ("A_dilated", conv2d_mean_square(&image_groups, &dilated)),
    ]
}

fn bias_column(inputs: Inputs) -> Named {
    let x = to_array(&inputs.get("X1"));
    let [conv, grouped] = convolutions(inputs)
        .map(|(image, conv)| conv2d_mean_square(&image, &Conv2d { bias: true, ..conv }));
    vec![
        ("A1", to_tensor(&statistic::linear_mean_square(&x.view(), true))),
        ("A_conv_bias", conv),
        ("A_groups_bias", grouped),
    ]
}

// ------------------------------------------------------------------ S6 to S12: the equations

/// A step of a forward on `X2` and then one on `X1`.
fn twice(inputs: Inputs, session: &mut Session) -> StepTrace {
    let [a, b] =
        [["X2", "D2"], ["X1", "D1"]].map(|[x, d]| train(session, &inputs.get(x), &inputs.get(d)));
    session.step(&step(vec![a, b])).unwrap()
}

fn average(inputs: Inputs) -> Named {
    let [first, second] = inputs.both();
    let a2 = list(&layer(&second).mean_square.as_ref().unwrap()[0]);
    vec![
        ("V1", v(&first)),
        ("A2", a2),
        ("V2", v(&second)),
        ("V_first", v(&twice(inputs, &mut inputs.session()))),
        ("V_twice", v(&twice(inputs, &mut inputs.after_first().0))),
    ]
}

fn correction(inputs: Inputs) -> Named {
    let [first, second] = inputs.both();
    let twice = twice(inputs, &mut inputs.after_first().0);
    let beta = inputs.number("β");
    vec![
        ("V̂1", inputs.v_hat(&v(&first), 1)),
        ("V̂2", inputs.v_hat(&v(&second), 2)),
        ("V̂_twice", inputs.v_hat(&v(&twice), twice.step.unwrap())),
        ("share", scalar(adaact::correction(beta, 1))),
        ("share_in_float32", scalar(f64::from(1.0 - beta as f32))),
    ]
}

fn scale(inputs: Inputs) -> Named {
    let [first, second] = inputs.both();
    let dead = |eps| {
        let hyperparameters = Hyperparameters { eps, ..inputs.hyperparameters() };
        let v = to_array(&list(&[inputs.number("V_dead")])).into_dimensionality().unwrap();
        adaact::scale(&v, 1, &hyperparameters)
    };
    let hyperparameters = inputs.hyperparameters();
    let m = to_array(&Tensor::new([1, 1], vec![0.0])).into_dimensionality().unwrap();
    let u = adaact::update(&m, &dead(0.0), 1, &hyperparameters);
    vec![
        ("s1", s(&first)),
        ("s2", s(&second)),
        ("s_dead", scalar(dead(hyperparameters.eps)[0])),
        ("s_dead_without_ε", scalar(dead(0.0)[0])),
        ("U_dead_without_ε", scalar(u[[0, 0]])),
    ]
}

fn gradient(inputs: Inputs) -> Named {
    let [first, second] = inputs.both();
    let [weight, bias] =
        ["weight_gradient", "bias_gradient"].map(|name| to_array(&inputs.get(name)));
    vec![
        ("G1", g(&first)),
        ("G2", g(&second)),
        ("G_both_forwards", g(&twice(inputs, &mut inputs.session()))),
        ("G_conv", to_tensor(&adaact::gradient_matrix(&weight, Some(&bias)))),
    ]
}

fn momentum(inputs: Inputs) -> Named {
    let [first, second] = inputs.both();
    let m_hat = |m: &Tensor, t| divided(m, adaact::correction(inputs.number("β1"), t));
    vec![
        ("M1", m(&first)),
        ("M̂1", m_hat(&m(&first), 1)),
        ("M2", m(&second)),
        ("M̂2", m_hat(&m(&second), 2)),
    ]
}

fn update(inputs: Inputs) -> Named {
    let [first, second] = inputs.both();
    let hyperparameters = inputs.hyperparameters();
    let m_hat = to_array(&inputs.get("M̂_groups")).into_dimensionality().unwrap();
    let m = m_hat * adaact::correction(hyperparameters.betas[0], 1);
    let s = to_array(&inputs.get("s_groups")).into_dimensionality().unwrap();
    let groups = to_tensor(&adaact::update(&m, &s, 1, &hyperparameters));
    vec![("U1", u(&first)), ("U2", u(&second)), ("U_groups", groups)]
}

fn descent(inputs: Inputs) -> Named {
    let [first, second] = inputs.both();
    vec![("W1", w(&first)), ("b1", b(&first)), ("W2", w(&second)), ("b2", b(&second))]
}

// ------------------------------------------------------------------ S13 to S20: around them

fn plain(inputs: Inputs) -> Named {
    let mut adaact = AdaAct::new(inputs.hyperparameters(), Vec::new()).unwrap();
    let mut parameters = arrays([("norm.weight", inputs.get("γ0"))]);
    let [first, second] = ["g1", "g2"].map(|gradient| {
        let gradients = arrays([("norm.weight", inputs.get(gradient))]);
        adaact.step(&mut parameters, &gradients, &|_| inputs.rates()).unwrap();
        to_tensor(&parameters["norm.weight"])
    });
    vec![("γ1", first), ("γ2", second)]
}

fn groups(inputs: Inputs) -> Named {
    let mut case = inputs.case();
    case.optimizer.groups.push(Group {
        parameters: vec!["fc.bias".to_owned()],
        lr: Some(inputs.number("g_bias")),
        weight_decay: Some(inputs.number("λ_bias")),
    });
    let r = inputs.number("r");
    let (rate, _) = case.optimizer.rates("fc.bias", Some(r));
    let mut session = start(&case);
    let step = Step { lr: Some(r), ..inputs.first(&mut session) };
    let trace = session.step(&step).unwrap();
    vec![("η_bias", scalar(rate)), ("W1_scheduled", w(&trace)), ("b1_scheduled", b(&trace))]
}

fn absent(inputs: Inputs) -> Named {
    let (_, first) = inputs.after_first();
    let a = |x| statistic::linear_mean_square(&to_array(&inputs.get(x)).view(), true);
    let mut adaact = inputs.adaact();
    let mut parameters = inputs.parameters();
    adaact.observe("fc", &a("X1"));
    let columns = g(&first);
    let part = |at: &dyn Fn(usize) -> bool| -> Vec<f64> {
        columns.data.iter().enumerate().filter(|(i, _)| at(i % 3)).map(|(_, &g)| g).collect()
    };
    let gradients = arrays([
        ("fc.weight", Tensor::new([3, 2], part(&|column| column < 2))),
        ("fc.bias", list(&part(&|column| column == 2))),
    ]);
    adaact.step(&mut parameters, &gradients, &|_| inputs.rates()).unwrap();

    adaact.observe("fc", &a("X2"));
    adaact.step(&mut parameters, &TensorMap::new(), &|_| inputs.rates()).unwrap();
    let State { step, layers } = adaact.state();
    vec![
        ("t_absent", count(step)),
        ("V_absent", list(&layers["fc"].ema)),
        ("M_absent", layers["fc"].momentum.clone()),
        ("W_absent", to_tensor(&parameters["fc.weight"])),
    ]
}

/// How a gradient of a layer that was never observed is refused (S15).
pub fn unobserved(given: &Values) -> String {
    let inputs = Inputs(given);
    let mut parameters = inputs.parameters();
    let gradients = parameters.clone();
    let error = inputs.adaact().step(&mut parameters, &gradients, &|_| inputs.rates()).unwrap_err();
    assert_eq!(parameters, gradients, "something has changed");
    error.to_string()
}

fn rate_zero(inputs: Inputs) -> Named {
    let mut session = inputs.session();
    let step = Step { lr: Some(0.0), ..inputs.first(&mut session) };
    let trace = session.step(&step).unwrap();
    vec![
        ("W_still", w(&trace)),
        ("b_still", b(&trace)),
        ("t_still", t(&trace)),
        ("V_still", v(&trace)),
        ("M_still", m(&trace)),
    ]
}

fn shared(inputs: Inputs) -> Named {
    let mut case = inputs
        .case_of(linear("recurrent", [2, 2], false), [("recurrent.weight", "W_shared")].into());
    case.model.push(Layer::Shared { of: "recurrent".to_owned() });
    case.optimizer.lr = 0.0;
    let mut session = start(&case);
    let [x, d] = ["x_shared", "D_shared"].map(|name| inputs.get(name));
    let step = one(train(&mut session, &x, &d));
    let [first, second] = [(); 2].map(|()| session.step(&step).unwrap());
    let uses = layer(&first).mean_square.as_ref().unwrap();
    vec![
        ("uses", count(uses.len())),
        ("A_first_use", list(&uses[0])),
        ("A_second_use", list(&uses[1])),
        ("V_shared_1", v(&first)),
        ("V_shared_2", v(&second)),
        ("G_shared", g(&first)),
    ]
}

/// Whether the optimizer takes the value for the hyperparameter, or why not (S18).
fn attempt(inputs: Inputs, name: &str, value: f64) -> Result<(), String> {
    let mut hyperparameters = inputs.hyperparameters();
    let mut rates = inputs.rates();
    *match name {
        "β1" => &mut hyperparameters.betas[0],
        "β2" => &mut hyperparameters.betas[1],
        "ε" => &mut hyperparameters.eps,
        "η" => &mut rates.lr,
        "λ" => &mut rates.weight_decay,
        _ => panic!("no hyperparameter {name}"),
    } = value;
    let mut adaact = AdaAct::new(hyperparameters, vec![fc()]).map_err(|e| e.to_string())?;
    adaact.observe("fc", &statistic::linear_mean_square(&to_array(&inputs.get("X1")).view(), true));
    let mut parameters = inputs.parameters();
    let gradients = parameters.clone();
    let (before, untouched) = (parameters.clone(), adaact.clone());
    adaact.step(&mut parameters, &gradients, &|_| rates).map(drop).map_err(|error| {
        assert_eq!((&parameters, &adaact), (&before, &untouched), "something has changed");
        error.to_string()
    })
}

/// Every hyperparameter with the values that are tried.
const TRIED: [(&str, &str, &str); 5] = [
    ("accepted_β1", "β1", "β_tried"),
    ("accepted_β2", "β2", "β_tried"),
    ("accepted_ε", "ε", "tried"),
    ("accepted_η", "η", "tried"),
    ("accepted_λ", "λ", "tried"),
];

fn accepted(inputs: Inputs) -> Named {
    let mut named = Named::new();
    for (result, name, tried) in TRIED {
        let mut values = inputs.get(tried).data;
        values.retain(|&value| attempt(inputs, name, value).is_ok());
        named.push((result, list(&values)));
    }
    named
}

/// What is said of all values that are refused (S18).
pub fn refusals(given: &Values) -> Vec<String> {
    let inputs = Inputs(given);
    let tried = TRIED.into_iter().flat_map(|(_, name, tried)| {
        inputs.get(tried).data.into_iter().map(move |value| (name, value))
    });
    tried.filter_map(|(name, value)| attempt(inputs, name, value).err()).collect()
}

fn skipped(inputs: Inputs) -> Named {
    let (mut session, _) = inputs.after_first();
    let step = inputs.second(&mut session);
    let skipped = session.step(&Step { skip: true, ..step.clone() }).unwrap();
    let m_skipped = session.state().layers["fc"].momentum.clone();
    let taken = session.step(&step).unwrap();
    vec![
        ("t_skipped", t(&skipped)),
        ("V_skipped", v(&skipped)),
        ("M_skipped", m_skipped),
        ("W_skipped", w(&skipped)),
        ("t_taken", t(&taken)),
        ("V_taken", v(&taken)),
        ("V̂_taken", inputs.v_hat(&v(&taken), taken.step.unwrap())),
        ("M_taken", m(&taken)),
    ]
}

fn resumed(inputs: Inputs) -> Named {
    let (stopped, first) = inputs.after_first();
    let state = stopped.state();
    let mut case = inputs.case();
    case.parameters = first.parameters;
    case.state = Some(state.clone());
    let mut session = start(&case);
    let step = inputs.second(&mut session);
    let second = session.step(&step).unwrap();
    let [_, uninterrupted] = inputs.both();
    assert_eq!(second, uninterrupted, "not the same to the last bit");
    let LayerState { ema, momentum } = &state.layers["fc"];
    vec![
        ("t_saved", count(state.step)),
        ("V_saved", list(ema)),
        ("M_saved", momentum.clone()),
        ("V̂_resumed", inputs.v_hat(&v(&second), second.step.unwrap())),
        ("W_resumed", w(&second)),
        ("b_resumed", b(&second)),
    ]
}
