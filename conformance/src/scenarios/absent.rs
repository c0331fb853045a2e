//! Absent gradients, and layers never observed (S15).

use super::engine::Refusal;
use super::scenario::Scenario;
use super::script::{Script, Unmet};
use super::setup::{A1_BODY, FIRST, Gradients, Setup};

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "layer-without-gradient",
        clauses: &["S15"],
        purpose: "A layer without a gradient keeps its parameters and M, while V keeps what its \
                  forward left and t rises for all.",
        script: layer_without_gradient,
    },
    Scenario {
        name: "layer-with-gradient-again",
        clauses: &["S7", "S10", "S15"],
        purpose: "A layer that was left out of a step goes on from the V, M and t of that step.",
        script: layer_with_gradient_again,
    },
    Scenario {
        name: "layer-without-first-gradient",
        clauses: &["S6", "S10", "S15"],
        purpose: "The first step is over for a layer that had no gradient in it: V is not reset \
                  again, and both corrections use t = 2.",
        script: layer_without_first_gradient,
    },
    Scenario {
        name: "plain-without-gradient",
        clauses: &["S13", "S15"],
        purpose: "A plain parameter without a gradient does not decay, while its sibling moves.",
        script: plain_without_gradient,
    },
    Scenario {
        name: "step-without-gradients",
        clauses: &["S7", "S15"],
        purpose: "A step without any gradient counts, and V keeps what the forwards left.",
        script: step_without_gradients,
    },
    Scenario {
        name: "never-observed",
        clauses: &["S6", "S15"],
        purpose: "A gradient of a layer that was never observed is refused by name, and the step \
                  after it is the first.",
        script: never_observed,
    },
    Scenario {
        name: "never-observed-later",
        clauses: &["S15"],
        purpose: "A layer without gradient and observation is no error, its first gradient in the \
                  second step is one, until it is observed.",
        script: never_observed_later,
    },
];

const A2_BODY: [f64; 2] = [4.9375, 22.3125];
const A2_HEAD: [f64; 2] = [0.9375, 1.0];

/// A first gradient of `head` in the second step.
const HEAD_LATE: Gradients =
    &[("head.weight", &[3.0, -6.0, 1.5]), ("head.bias", &[15.0, -15.0, 30.0])];

/// The first step, with every gradient; what comes out is right.
pub fn first_step(script: &mut Script) -> Result<(), Unmet> {
    script.start(&Setup::default())?;
    script.observe_first();
    script.step(FIRST)?;
    after_first(script)
}

fn after_first(script: &Script) -> Result<(), Unmet> {
    script.t(1)?;
    // A/4, and G/2.
    script.v("body", &[0.140625, 0.765625])?;
    script.v("head", &[0.015625, 0.25])?;
    script.m("body", &[1.0, 2.0])?;
    script.m("head", &[0.5, 2.5, 1.0, -2.5, -0.5, 5.0])?;
    // s is [1, 1/2] for body, [2, 4/5] for head; so U is [2, 2], and [[2, 4], [4, −4], [−2, 8]].
    script.parameter("body.weight", &[0.75, -4.5])?;
    script.parameter("norm.weight", &[-0.125])?;
    script.parameter("norm.bias", &[0.25])?;
    script.parameter("head.weight", &[-0.125, -3.75, 4.5])?;
    script.parameter("head.bias", &[-0.25, -1.5, 3.0])
}

/// The second step, in which `head` is observed and has no gradient.
fn second_without_head(script: &mut Script) -> Result<(), Unmet> {
    script.observe("body", &A2_BODY);
    script.observe("head", &A2_HEAD);
    script.step(&[("body.weight", &[2.0, -5.0]), ("norm.weight", &[1.0]), ("norm.bias", &[2.0])])
}

fn layer_without_gradient(script: &mut Script) -> Result<(), Unmet> {
    first_step(script)?;
    second_without_head(script)?;
    script.t(2)?;
    // 3/4·[1/64, 1/4] + 1/4·A
    script.v("head", &[0.24609375, 0.4375])?;
    script.m_left_alone("head")?;
    script.left_alone(&["head.weight", "head.bias"])?;
    // What has a gradient takes its second step: M̂ = [2, −2], s = [1/2, 1/4].
    script.m("body", &[1.5, -1.5])?;
    script.parameter("body.weight", &[0.15625, -3.6875])?;
    script.parameter("norm.weight", &[-0.609375])?;
    script.parameter("norm.bias", &[-0.78125])
}

fn layer_with_gradient_again(script: &mut Script) -> Result<(), Unmet> {
    first_step(script)?;
    second_without_head(script)?;
    script.observe("head", &[6.34375, 1.0]);
    script.step(&[("head.weight", &[1.25, -4.5, 7.5]), ("head.bias", &[1.0, 4.25, -6.75])])?;
    script.t(3)?;
    // 37/64·[49/16, 1], and 7/8·[[1, 2], [−2, 1], [4, −1]]; so s = [1/2, 4/5].
    script.v("head", &[1.7705078125, 0.578125])?;
    script.m("head", &[0.875, 1.75, -1.75, 0.875, 3.5, -0.875])?;
    script.parameter("head.weight", &[-0.359375, -2.78125, 2.9375])?;
    script.parameter("head.bias", &[-1.01875, -1.7125, 3.025])?;
    script.left_alone(&["body.weight", "norm.weight", "norm.bias"])?;
    script.m_left_alone("body")
}

fn layer_without_first_gradient(script: &mut Script) -> Result<(), Unmet> {
    script.start(&Setup::default())?;
    script.observe_first();
    script.step(&[("body.weight", &[2.0, 4.0])])?;
    script.t(1)?;
    script.v("head", &[0.015625, 0.25])?;
    script.m("head", &[0.0; 6])?;
    script.left_alone(&["head.weight", "head.bias", "norm.weight", "norm.bias"])?;

    script.observe("head", &A2_HEAD);
    script.step(HEAD_LATE)?;
    script.t(2)?;
    script.v("head", &[0.24609375, 0.4375])?;
    script.m("head", &[1.5, 7.5, -3.0, -7.5, 0.75, 15.0])?;
    // M̂ = M/(3/4), s = [1, 4/5]
    script.parameter("head.weight", &[-0.125, 0.25, 3.0])?;
    script.parameter("head.bias", &[-2.25, 0.5, -1.0])
}

fn plain_without_gradient(script: &mut Script) -> Result<(), Unmet> {
    first_step(script)?;
    script.step(&[("norm.weight", &[1.0])])?;
    script.t(2)?;
    script.parameter("norm.weight", &[-0.609375])?;
    script.left_alone(&["norm.bias", "body.weight", "head.weight", "head.bias"])
}

fn step_without_gradients(script: &mut Script) -> Result<(), Unmet> {
    first_step(script)?;
    script.observe("body", &A2_BODY);
    script.observe("head", &A2_HEAD);
    script.step(&[])?;
    script.t(2)?;
    script.v("body", &[1.33984375, 6.15234375])?;
    script.v("head", &[0.24609375, 0.4375])?;
    script.m_left_alone("body")?;
    script.m_left_alone("head")?;
    script.left_alone(&["body.weight", "norm.weight", "norm.bias", "head.weight", "head.bias"])
}

fn never_observed(script: &mut Script) -> Result<(), Unmet> {
    let head = Refusal::Unobserved { layer: "head".to_owned() };
    script.start(&Setup::default())?;
    script.observe("body", &A1_BODY);
    script.step_is_refused(None, FIRST, &head)?;
    // Still t = 0: the second observation of `body` restarts its V (S6).
    script.observe_first();
    script.step(FIRST)?;
    after_first(script)
}

fn never_observed_later(script: &mut Script) -> Result<(), Unmet> {
    let head = Refusal::Unobserved { layer: "head".to_owned() };
    script.start(&Setup::default())?;
    script.observe("body", &A1_BODY);
    script.step(&[("body.weight", &[2.0, 4.0])])?;
    script.t(1)?;
    script.v("head", &[0.0, 0.0])?;
    script.left_alone(&["head.weight", "head.bias"])?;

    script.step_is_refused(None, HEAD_LATE, &head)?;
    script.observe("head", &[0.984375, 1.0]);
    script.step(HEAD_LATE)?;
    script.t(2)?;
    // A/4; V̂ = V/(7/16) = [9/16, 4/7], so s = 1 for the weight.
    script.v("head", &[0.24609375, 0.25])?;
    script.m("head", &[1.5, 7.5, -3.0, -7.5, 0.75, 15.0])?;
    script.parameter("head.weight", &[-0.125, 0.25, 3.0])
}
