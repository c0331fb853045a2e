//! What holds for each parameter, and what every optimizer checks before a step.

use super::Error;
use crate::TensorMap;
use std::collections::BTreeMap;

/// What holds for the parameters of a group (S14).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// The learning rate `η ≥ 0`; with 0 no parameter changes, but the state advances (S16).
    pub lr: f64,
    /// The weight decay `λ ≥ 0`, decoupled here (S12).
    pub weight_decay: f64,
}

/// The rates of every parameter that has a gradient, and whether that gradient fits (S14, S18).
pub(crate) fn checked_rates<'g>(
    parameters: &TensorMap,
    gradients: &'g TensorMap,
    rates: &dyn Fn(&str) -> Rates,
) -> Result<BTreeMap<&'g String, Rates>, Error> {
    let mut checked = BTreeMap::new();
    for (name, gradient) in gradients {
        let Some(parameter) = parameters.get(name) else {
            return Err(Error::UnknownParameter { parameter: name.clone() });
        };
        if parameter.shape() != gradient.shape() {
            return Err(Error::shape(name.clone(), parameter.shape(), gradient.shape()));
        }
        let rates = rates(name);
        for (rate, value) in [("lr", rates.lr), ("weight_decay", rates.weight_decay)] {
            if !is_rate(value) {
                return Err(Error::Rate { parameter: name.clone(), rate, value }); // S18
            }
        }
        checked.insert(name, rates);
    }
    Ok(checked)
}

pub(super) fn is_rate(x: f64) -> bool {
    x.is_finite() && x >= 0.0
}
