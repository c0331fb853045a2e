//! S13 to S20: what goes on around the equations.

use super::formula::{Values, scalar};
use super::running::{
    Inputs, Named, arrays, b, count, fc, g, layer, linear, list, m, one, start, t, train, v, w,
};
use fixtures::{Group, Layer, LayerState, State, Step, Tensor};
use reference::adaact::AdaAct;
use reference::convert::{to_array, to_tensor};
use reference::{TensorMap, statistic};

pub fn plain(inputs: Inputs) -> Named {
    let mut adaact = AdaAct::new(inputs.hyperparameters(), Vec::new()).unwrap();
    let mut parameters = arrays([("norm.weight", inputs.get("γ0"))]);
    let [first, second] = ["g1", "g2"].map(|gradient| {
        let gradients = arrays([("norm.weight", inputs.get(gradient))]);
        adaact.step(&mut parameters, &gradients, &|_| inputs.rates()).unwrap();
        to_tensor(&parameters["norm.weight"])
    });
    vec![("γ1", first), ("γ2", second)]
}

pub fn groups(inputs: Inputs) -> Named {
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

pub fn absent(inputs: Inputs) -> Named {
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

pub fn rate_zero(inputs: Inputs) -> Named {
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

pub fn shared(inputs: Inputs) -> Named {
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

pub fn accepted(inputs: Inputs) -> Named {
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

pub fn skipped(inputs: Inputs) -> Named {
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

pub fn resumed(inputs: Inputs) -> Named {
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
