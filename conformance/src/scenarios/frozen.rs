//! Frozen parameters (S1, S15).

use super::scenario::Scenario;
use super::script::{Script, Unmet};
use super::setup::{A1_BODY, FIRST, Gradients, Setup};

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "frozen-layer",
        clauses: &["S1", "S15"],
        purpose: "A frozen layer has no state, is not missed as unobserved, and does not decay.",
        script: frozen_layer,
    },
    Scenario {
        name: "frozen-weight",
        clauses: &["S1", "S13"],
        purpose: "The trained bias of a frozen weight is a plain parameter.",
        script: frozen_weight,
    },
    Scenario {
        name: "frozen-bias",
        clauses: &["S1", "S5"],
        purpose: "A layer whose bias is frozen has no column for it.",
        script: frozen_bias,
    },
];

/// The first step's gradients of all but `head`, whose parameters these scripts freeze.
const REST: Gradients = &[FIRST[0], FIRST[1], FIRST[2]];

fn frozen_layer(script: &mut Script) -> Result<(), Unmet> {
    script.start(&Setup::with_frozen(&["head.weight", "head.bias"]))?;
    script.observe("body", &A1_BODY);
    script.step(REST)?;
    script.t(1)?;
    script.layers(&["body"])?;
    script.left_alone(&["head.weight", "head.bias"])?;
    script.parameter("body.weight", &[0.75, -4.5])
}

fn frozen_weight(script: &mut Script) -> Result<(), Unmet> {
    script.start(&Setup::with_frozen(&["head.weight"]))?;
    script.observe("body", &A1_BODY);
    script.step(&[REST[0], REST[1], REST[2], FIRST[4]])?;
    script.t(1)?;
    script.layers(&["body"])?;
    script.left_alone(&["head.weight"])?;
    // 7/8·[2, −4, 8] − 1/2·[5, −5, 10]
    script.parameter("head.bias", &[-0.75, -1.0, 2.0])
}

fn frozen_bias(script: &mut Script) -> Result<(), Unmet> {
    script.start(&Setup::with_frozen(&["head.bias"]))?;
    script.observe("body", &A1_BODY);
    script.observe("head", &[0.0625]);
    script.step(&[REST[0], REST[1], REST[2], FIRST[3]])?;
    script.t(1)?;
    script.layers(&["body", "head"])?;
    script.v("head", &[0.015625])?;
    script.m("head", &[0.5, 1.0, -0.5])?;
    script.parameter("head.weight", &[-0.125, -3.75, 4.5])?;
    script.left_alone(&["head.bias"])
}
