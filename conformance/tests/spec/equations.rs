//! S6 to S12: the equations.

use super::formula::scalar;
use super::running::{Inputs, Named, b, divided, g, layer, list, m, s, step, train, u, v, w};
use fixtures::{StepTrace, Tensor};
use reference::Session;
use reference::adaact::{self, Hyperparameters};
use reference::convert::{to_array, to_tensor};

/// A step of a forward on `X2` and then one on `X1`.
fn twice(inputs: Inputs, session: &mut Session) -> StepTrace {
    let [a, b] =
        [["X2", "D2"], ["X1", "D1"]].map(|[x, d]| train(session, &inputs.get(x), &inputs.get(d)));
    session.step(&step(vec![a, b])).unwrap()
}

pub fn average(inputs: Inputs) -> Named {
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

pub fn correction(inputs: Inputs) -> Named {
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

pub fn scale(inputs: Inputs) -> Named {
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

pub fn gradient(inputs: Inputs) -> Named {
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

pub fn momentum(inputs: Inputs) -> Named {
    let [first, second] = inputs.both();
    let m_hat = |m: &Tensor, t| divided(m, adaact::correction(inputs.number("β1"), t));
    vec![
        ("M1", m(&first)),
        ("M̂1", m_hat(&m(&first), 1)),
        ("M2", m(&second)),
        ("M̂2", m_hat(&m(&second), 2)),
    ]
}

pub fn update(inputs: Inputs) -> Named {
    let [first, second] = inputs.both();
    let hyperparameters = inputs.hyperparameters();
    let m_hat = to_array(&inputs.get("M̂_groups")).into_dimensionality().unwrap();
    let m = m_hat * adaact::correction(hyperparameters.betas[0], 1);
    let s = to_array(&inputs.get("s_groups")).into_dimensionality().unwrap();
    let groups = to_tensor(&adaact::update(&m, &s, 1, &hyperparameters));
    vec![("U1", u(&first)), ("U2", u(&second)), ("U_groups", groups)]
}

pub fn descent(inputs: Inputs) -> Named {
    let [first, second] = inputs.both();
    vec![("W1", w(&first)), ("b1", b(&first)), ("W2", w(&second)), ("b2", b(&second))]
}
