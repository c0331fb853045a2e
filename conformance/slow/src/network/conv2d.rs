//! The convolution.

use super::backward::{Backward, Gradients};
use crate::array::{Array, Arrays};
use crate::scalar::Scalar;
use fixtures::Conv2d;

/// `y[b, o, q] = Σ x[b, i, stride·q + dilation·k − padding] · w[o, i, k] + bias[o]`, over the
/// channels `i` of `o`'s group and the taps `k`; outside the image `x` is 0.
///
/// `[B, in, y, x] → [B, out, y, x]`, `w` `[out, in/groups, ky, kx]`. Back: every product gives
/// `dx += dy·w` and `dw += dy·x`; `dbias = Σ dy` over batch and pixels.
pub(super) fn conv2d<'p, S: Scalar>(
    layer: &Conv2d,
    name: &str,
    x: &Array<S>,
    parameters: &'p Arrays<S>,
) -> (Array<S>, Backward<'p, S>) {
    let (weight_name, bias_name) = (format!("{name}.weight"), format!("{name}.bias"));
    let weight = &parameters[&weight_name];
    let bias = layer.bias.then(|| &parameters[&bias_name]);

    let mut y = Array::zeros(&output_shape(layer, &x.shape));
    products(layer, x, weight, &y.clone(), |at_x, at_w, at_y| {
        y.data[at_y] = y.data[at_y] + x.data[at_x] * weight.data[at_w];
    });
    if let Some(bias) = bias {
        for at_y in 0..y.data.len() {
            y.data[at_y] = y.data[at_y] + bias.data[channel(&y, at_y)];
        }
    }

    let (x, layer) = (x.clone(), layer.clone());
    let backward = move |dy: &Array<S>, gradients: &mut Gradients<S>| {
        let mut dx = Array::zeros(&x.shape);
        let mut d_weight = Array::zeros(&weight.shape);
        products(&layer, &x, weight, dy, |at_x, at_w, at_y| {
            let d = dy.data[at_y];
            dx.data[at_x] = dx.data[at_x] + d * weight.data[at_w];
            d_weight.data[at_w] = d_weight.data[at_w] + d * x.data[at_x];
        });
        gradients.add(&weight_name, d_weight);
        if bias.is_some() {
            let mut d_bias = Array::zeros(&[layer.out_channels]);
            for at_y in 0..dy.data.len() {
                let o = channel(dy, at_y);
                d_bias.data[o] = d_bias.data[o] + dy.data[at_y];
            }
            gradients.add(&bias_name, d_bias);
        }
        dx
    };
    (y, Box::new(backward))
}

/// `[B, out, y, x]` for an input `[B, in, y, x]`.
fn output_shape(layer: &Conv2d, input: &[usize]) -> [usize; 4] {
    let [y, x] = [0, 1].map(|axis| {
        let reach = layer.dilation[axis] * (layer.kernel[axis] - 1) + 1;
        (input[2 + axis] + 2 * layer.padding[axis] - reach) / layer.stride[axis] + 1
    });
    [input[0], layer.out_channels, y, x]
}

/// The output channel that a value of `[B, out, y, x]` is of.
fn channel<S: Scalar>(y: &Array<S>, at: usize) -> usize {
    at / (y.shape[2] * y.shape[3]) % y.shape[1]
}

/// Calls `f` with the places in `x`, `w` and `y` of every product `x·w` that is added to `y`.
fn products<S: Scalar>(
    layer: &Conv2d,
    x: &Array<S>,
    weight: &Array<S>,
    y: &Array<S>,
    mut f: impl FnMut(usize, usize, usize),
) {
    let (inputs, outputs) = (layer.in_channels / layer.groups, layer.out_channels / layer.groups);
    for b in 0..y.shape[0] {
        for o in 0..layer.out_channels {
            let first = o / outputs * inputs; // the group's first input channel
            for qy in 0..y.shape[2] {
                for qx in 0..y.shape[3] {
                    let at_y = y.pixel([b, o, qy, qx]);
                    for i in 0..inputs {
                        for ky in 0..layer.kernel[0] {
                            for kx in 0..layer.kernel[1] {
                                let Some(py) = place(layer, 0, qy, ky, x.shape[2]) else {
                                    continue;
                                };
                                let Some(px) = place(layer, 1, qx, kx, x.shape[3]) else {
                                    continue;
                                };
                                let at_x = x.pixel([b, first + i, py, px]);
                                f(at_x, weight.pixel([o, i, ky, kx]), at_y);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Where tap `k` of window `q` stands along an axis of this extent; `None` in the padding.
fn place(layer: &Conv2d, axis: usize, q: usize, k: usize, extent: usize) -> Option<usize> {
    let padded = q * layer.stride[axis] + k * layer.dilation[axis];
    padded.checked_sub(layer.padding[axis]).filter(|&place| place < extent)
}
