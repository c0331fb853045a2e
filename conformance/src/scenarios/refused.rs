//! Hyperparameters that are refused (S18), also those of groups and schedules (S14).

use super::absent::first_step;
use super::engine::Refusal;
use super::scenario::Scenario;
use super::script::{Script, Unmet};
use super::setup::{FIRST, Setup};
use fixtures::{Group, Optimizer};

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "beta-of-one-refused",
        clauses: &["S18"],
        purpose: "β1 and β2 of 1 or more are refused by name and value.",
        script: beta_of_one,
    },
    Scenario {
        name: "negative-refused",
        clauses: &["S18"],
        purpose: "Every hyperparameter below 0 is refused by name and value.",
        script: |script| every_value(script, &[-0.25, -1e-300, f64::NEG_INFINITY]),
    },
    Scenario {
        name: "nan-refused",
        clauses: &["S18"],
        purpose: "NaN is refused as any hyperparameter, though it is neither too small nor too large.",
        script: |script| every_value(script, &[f64::NAN]),
    },
    Scenario {
        name: "infinite-refused",
        clauses: &["S18"],
        purpose: "Infinity is refused as any hyperparameter.",
        script: |script| every_value(script, &[f64::INFINITY]),
    },
    Scenario {
        name: "edges-accepted",
        clauses: &["S18"],
        purpose: "0 is accepted as any hyperparameter, and the largest number below 1 as a β.",
        script: edges_accepted,
    },
    Scenario {
        name: "group-rates-refused",
        clauses: &["S14", "S18"],
        purpose: "The rate and the decay of a group are checked as those of the optimizer are.",
        script: group_rates,
    },
    Scenario {
        name: "step-rate-refused",
        clauses: &["S14", "S18"],
        purpose: "A schedule's rate is checked at its step, and a refused step changes nothing.",
        script: step_rate,
    },
    Scenario {
        name: "base-rate-zero-refused",
        clauses: &["S14", "S18"],
        purpose: "With a base rate of 0, no step has a rate of its own if a group has one.",
        script: base_rate_zero,
    },
];

/// A hyperparameter: its name in refusals, and its place.
type Place = (&'static str, fn(&mut Optimizer) -> &mut f64);

const BETAS: [Place; 2] = [("beta1", |o| &mut o.betas[0]), ("beta2", |o| &mut o.betas[1])];
const RATES: [Place; 3] =
    [("lr", |o| &mut o.lr), ("eps", |o| &mut o.eps), ("weight_decay", |o| &mut o.weight_decay)];

/// The default with one value changed.
fn with((_, place): Place, value: f64) -> Setup {
    Setup::with(|optimizer| *place(optimizer) = value)
}

fn is_refused(script: &mut Script, place: Place, value: f64) -> Result<(), Unmet> {
    let refusal = Refusal::Hyperparameter { name: place.0, value };
    script.is_refused(&with(place, value), None, &refusal)
}

fn every_value(script: &mut Script, values: &[f64]) -> Result<(), Unmet> {
    for place in BETAS.into_iter().chain(RATES) {
        for &value in values {
            is_refused(script, place, value)?;
        }
    }
    Ok(())
}

fn beta_of_one(script: &mut Script) -> Result<(), Unmet> {
    for beta in BETAS {
        for value in [1.0, 1.0 + f64::EPSILON, 1.5] {
            is_refused(script, beta, value)?;
        }
    }
    Ok(())
}

fn edges_accepted(script: &mut Script) -> Result<(), Unmet> {
    let zeros = BETAS.into_iter().chain(RATES).map(|place| (place, 0.0));
    let below_one = BETAS.into_iter().map(|place| (place, 1.0 - f64::EPSILON / 2.0));
    for (place, value) in zeros.chain(below_one) {
        script.start(&with(place, value))?;
        script.observe_first();
        script.step(FIRST)?;
        script.t(1)?;
    }
    Ok(())
}

/// The default with a group of one parameter.
fn with_group(lr: Option<f64>, weight_decay: Option<f64>) -> Setup {
    let parameters = vec!["head.bias".to_owned()];
    Setup::with(|optimizer| optimizer.groups.push(Group { parameters, lr, weight_decay }))
}

fn group_rates(script: &mut Script) -> Result<(), Unmet> {
    for value in [-0.25, f64::INFINITY, f64::NAN] {
        let refusal = |name| Refusal::Hyperparameter { name, value };
        script.is_refused(&with_group(Some(value), None), None, &refusal("lr"))?;
        script.is_refused(&with_group(None, Some(value)), None, &refusal("weight_decay"))?;
    }
    Ok(())
}

fn step_rate(script: &mut Script) -> Result<(), Unmet> {
    first_step(script)?;
    for value in [-0.25, f64::INFINITY, f64::NAN] {
        let refusal = Refusal::Hyperparameter { name: "lr", value };
        script.step_is_refused(Some(value), FIRST, &refusal)?;
    }
    // Nothing has changed, so this is the second step: M̂ = M/(3/4) with M = [1, 2]/2 + [2, −5]/2.
    script.observe("body", &[4.9375, 22.3125]);
    script.step(&[("body.weight", &[2.0, -5.0])])?;
    script.t(2)?;
    script.parameter("body.weight", &[0.15625, -3.6875])
}

fn base_rate_zero(script: &mut Script) -> Result<(), Unmet> {
    let mut setup = with_group(Some(0.25), None);
    setup.optimizer.lr = 0.0;
    // r·g/η = 0.5·0.25/0
    let refusal = Refusal::Hyperparameter { name: "lr", value: f64::INFINITY };
    script.is_refused(&setup, Some(0.5), &refusal)
}
