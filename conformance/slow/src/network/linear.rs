//! The linear layer.

use super::backward::{Backward, Gradients};
use crate::array::{Array, Arrays};
use crate::scalar::Scalar;
use fixtures::Linear;

/// `y = x·Wᵀ + b` on the last axis: `[…, in] → […, out]`, `W` `[out, in]`.
///
/// Back: `dx = dy·W`, `dW = dyᵀ·x`, `db = Σ dy` over all rows.
pub(super) fn linear<'p, S: Scalar>(
    layer: &Linear,
    name: &str,
    x: &Array<S>,
    parameters: &'p Arrays<S>,
) -> (Array<S>, Backward<'p, S>) {
    let (inputs, outputs) = (layer.in_features, layer.out_features);
    let rows = x.data.len() / inputs;
    let (weight_name, bias_name) = (format!("{name}.weight"), format!("{name}.bias"));
    let weight = &parameters[&weight_name];
    let bias = layer.bias.then(|| &parameters[&bias_name]);

    let mut shape = x.shape.clone();
    *shape.last_mut().expect("an axis of features") = outputs;
    let mut y = Array::zeros(&shape);
    for n in 0..rows {
        for o in 0..outputs {
            let mut sum = S::new(0.0);
            for i in 0..inputs {
                sum = sum + x.data[n * inputs + i] * weight.data[o * inputs + i];
            }
            y.data[n * outputs + o] = bias.map_or(sum, |bias| sum + bias.data[o]);
        }
    }

    let x = x.clone();
    let backward = move |dy: &Array<S>, gradients: &mut Gradients<S>| {
        let mut dx = Array::zeros(&x.shape);
        let mut d_weight = Array::zeros(&weight.shape);
        let mut d_bias = Array::zeros(&[outputs]);
        for n in 0..rows {
            for o in 0..outputs {
                let d = dy.data[n * outputs + o];
                for i in 0..inputs {
                    let (at_x, at_w) = (n * inputs + i, o * inputs + i);
                    dx.data[at_x] = dx.data[at_x] + d * weight.data[at_w];
                    d_weight.data[at_w] = d_weight.data[at_w] + d * x.data[at_x];
                }
                d_bias.data[o] = d_bias.data[o] + d;
            }
        }
        gradients.add(&weight_name, d_weight);
        if bias.is_some() {
            gradients.add(&bias_name, d_bias);
        }
        dx
    };
    (y, Box::new(backward))
}
