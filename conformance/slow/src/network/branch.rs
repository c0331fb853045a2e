//! Stacking of channels, and the shortcut without parameters.

use super::backward::{Backward, Gradients};
use crate::array::Array;
use crate::scalar::Scalar;
use fixtures::SubsamplePad2d;

/// `[a, b]` along axis 1.
pub(super) fn stack<S: Scalar>(a: &Array<S>, b: &Array<S>) -> Array<S> {
    let mut shape = a.shape.clone();
    shape[1] += b.shape[1];
    // Values per sample.
    let [of_a, of_b] = [a, b].map(|array| array.shape[1..].iter().product::<usize>());
    let mut data = Vec::new();
    for n in 0..shape[0] {
        data.extend(&a.data[n * of_a..(n + 1) * of_a]);
        data.extend(&b.data[n * of_b..(n + 1) * of_b]);
    }
    Array { shape, data }
}

/// The two arrays that [`stack`] made one of, the first with so many channels.
pub(super) fn split<S: Scalar>(stacked: &Array<S>, channels: usize) -> (Array<S>, Array<S>) {
    let [mut a, mut b] = [(); 2].map(|()| Array { shape: stacked.shape.clone(), data: vec![] });
    a.shape[1] = channels;
    b.shape[1] -= channels;
    let per_channel: usize = stacked.shape[2..].iter().product();
    for sample in stacked.data.chunks(stacked.shape[1] * per_channel) {
        a.data.extend(&sample[..channels * per_channel]);
        b.data.extend(&sample[channels * per_channel..]);
    }
    (a, b)
}

/// `y[b, before + c, q] = x[b, c, stride·q]`; the other channels are 0.
///
/// `[B, C, H, W] → [B, before + C + after, ⌈H/stride⌉, ⌈W/stride⌉]`.
pub(super) fn subsample_pad2d<'p, S: Scalar>(
    layer: &SubsamplePad2d,
    x: &Array<S>,
) -> (Array<S>, Backward<'p, S>) {
    let [batch, channels] = [x.shape[0], x.shape[1]];
    let [height, width] = [0, 1].map(|axis| x.shape[2 + axis].div_ceil(layer.stride[axis]));
    let mut y = Array::zeros(&[batch, layer.before + channels + layer.after, height, width]);
    // (place in x, place in y) of every pixel that stays.
    let mut pairs = Vec::new();
    for b in 0..batch {
        for c in 0..channels {
            for qy in 0..height {
                for qx in 0..width {
                    let at_x = x.pixel([b, c, qy * layer.stride[0], qx * layer.stride[1]]);
                    pairs.push((at_x, y.pixel([b, layer.before + c, qy, qx])));
                }
            }
        }
    }
    for &(at_x, at_y) in &pairs {
        y.data[at_y] = x.data[at_x];
    }
    let shape = x.shape.clone();
    let backward = move |dy: &Array<S>, _: &mut Gradients<S>| {
        let mut dx = Array::zeros(&shape);
        for (at_x, at_y) in pairs {
            dx.data[at_x] = dy.data[at_y];
        }
        dx
    };
    (y, Box::new(backward))
}
