//! Convolutions against their definition in six loops, on integers, where float64 is exact.

use crate::common::{buffers, conv2d};
use fixtures::{Conv2d, Layer, Mode};
use ndarray::{Array1, Array4, ArrayD, IxDyn};
use rand::SeedableRng;
use rand::distr::{Distribution, Uniform};
use rand_chacha::ChaCha8Rng;
use reference::{Network, TensorMap};

const SEED: u64 = 20_240_612;

/// Integers from −9 to 9: sums of fewer than 2⁴⁵ products are exact, in any order.
fn integers(rng: &mut ChaCha8Rng, shape: &[usize]) -> ArrayD<f64> {
    let uniform = Uniform::new_inclusive(-9_i32, 9).unwrap();
    ArrayD::from_shape_simple_fn(IxDyn(shape), || f64::from(uniform.sample(rng)))
}

fn images(x: ArrayD<f64>) -> Array4<f64> {
    x.into_dimensionality().unwrap()
}

/// The number of windows along one axis, if there is any.
fn outputs(layer: &Conv2d, axis: usize, extent: usize) -> Option<usize> {
    let reach = layer.dilation[axis] * (layer.kernel[axis] - 1) + 1;
    let room = (extent + 2 * layer.padding[axis]).checked_sub(reach)?;
    Some(room / layer.stride[axis] + 1)
}

/// Calls `f` with the indices of every product `w · x` that belongs to an output: `[b, o, y, x]`
/// of the output, `[o, i, ky, kx]` of the weight, `[b, c, y, x]` of the input.
fn each_product(
    layer: &Conv2d,
    [batch, height, width]: [usize; 3],
    mut f: impl FnMut([usize; 4], [usize; 4], [usize; 4]),
) {
    let (inputs, out) = (layer.in_channels / layer.groups, layer.out_channels / layer.groups);
    let [ky, kx] = layer.kernel;
    let out_y = outputs(layer, 0, height).unwrap();
    let out_x = outputs(layer, 1, width).unwrap();
    let pixel = |axis: usize, window: usize, tap: usize, extent: usize| {
        let padded = window * layer.stride[axis] + tap * layer.dilation[axis];
        padded.checked_sub(layer.padding[axis]).filter(|&pixel| pixel < extent)
    };
    for b in 0..batch {
        for o in 0..layer.out_channels {
            for (y, x) in (0..out_y).flat_map(|y| (0..out_x).map(move |x| (y, x))) {
                for i in 0..inputs {
                    for (k, l) in (0..ky).flat_map(|k| (0..kx).map(move |l| (k, l))) {
                        let channel = o / out * inputs + i;
                        if let (Some(py), Some(px)) =
                            (pixel(0, y, k, height), pixel(1, x, l, width))
                        {
                            f([b, o, y, x], [o, i, k, l], [b, channel, py, px]);
                        }
                    }
                }
            }
        }
    }
}

/// Forward and backward of one layer on `[batch, in_channels, height, width]`.
fn check(layer: &Conv2d, [batch, height, width]: [usize; 3]) {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let [ky, kx] = layer.kernel;
    let weight_shape = [layer.out_channels, layer.in_channels / layer.groups, ky, kx];
    let extent = [outputs(layer, 0, height).unwrap(), outputs(layer, 1, width).unwrap()];
    let output_shape = [batch, layer.out_channels, extent[0], extent[1]];
    let w = integers(&mut rng, &weight_shape);
    let bias = integers(&mut rng, &[layer.out_channels]);
    let x = integers(&mut rng, &[batch, layer.in_channels, height, width]);
    let dy = integers(&mut rng, &output_shape);

    let mut parameters = TensorMap::from([("conv.weight".to_owned(), w.clone())]);
    if layer.bias {
        parameters.insert("conv.bias".to_owned(), bias.clone());
    }
    let model = [Layer::Conv2d(layer.clone())];
    let network = Network::new(&model);
    let forward = || network.forward(&parameters, &mut buffers(&model), x.to_shared(), Mode::Train);
    let output = forward().output;
    let mut gradients = TensorMap::new();
    let d_input = network.backward_to_input(&parameters, forward(), dy.clone(), &mut gradients);
    let mut without_input = TensorMap::new();
    network.backward(&parameters, forward(), dy.clone(), &mut without_input);

    let mut y = Array4::<f64>::zeros(output_shape);
    let mut db = Array1::<f64>::zeros(layer.out_channels);
    if layer.bias {
        y += &bias.to_shape((layer.out_channels, 1, 1)).unwrap();
    }
    let (w, x, dy) = (images(w), images(x), images(dy));
    for ((_, o, ..), dy) in dy.indexed_iter() {
        db[o] += dy;
    }
    let (mut dw, mut dx) = (Array4::<f64>::zeros(w.dim()), Array4::<f64>::zeros(x.dim()));
    each_product(layer, [batch, height, width], |of_y, of_w, of_x| {
        y[of_y] += w[of_w] * x[of_x];
        dw[of_w] += dy[of_y] * x[of_x];
        dx[of_x] += dy[of_y] * w[of_w];
    });

    let at = format!("{layer:?} on {batch} images of {height}×{width}, seed {SEED}");
    assert_eq!(images(output.to_owned()), y, "output of {at}");
    assert_eq!(images(d_input.to_owned()), dx, "gradient of the input of {at}");
    for gradients in [gradients, without_input] {
        assert_eq!(images(gradients["conv.weight"].clone()), dw, "gradient of the weight of {at}");
        let of_bias = gradients.get("conv.bias");
        let expected = layer.bias.then(|| db.clone().into_dyn());
        assert_eq!(of_bias, expected.as_ref(), "gradient of the bias of {at}");
    }
}

#[test]
fn every_small_geometry() {
    // Along y and x there are different images, kernels, strides, paddings and dilations, so every
    // pair of them occurs, in one order or the other.
    let mut axes = Vec::new();
    for kernel in 1..=3 {
        for stride in 1..=3 {
            for padding in 0..=3 {
                for dilation in 1..=2 {
                    axes.push([kernel, stride, padding, dilation]);
                }
            }
        }
    }
    let mut checked = 0;
    for (i, along_y) in axes.iter().enumerate() {
        for (j, along_x) in axes.iter().enumerate() {
            let of = |field: usize| [along_y[field], along_x[field]];
            let layer = Conv2d {
                kernel: of(0),
                stride: of(1),
                padding: of(2),
                dilation: of(3),
                bias: (i + j) % 2 == 0,
                ..conv2d("conv", [2, 3])
            };
            let [height, width] = [4, 5];
            if outputs(&layer, 0, height).is_some() && outputs(&layer, 1, width).is_some() {
                check(&layer, [2, height, width]);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 4968); // of 72²; the others have no window
}

#[test]
fn groups() {
    for (groups, channels) in [(2, [4, 2]), (3, [3, 6]), (4, [4, 4])] {
        for stride in [[1, 1], [2, 1]] {
            for dilation in [[1, 1], [1, 2]] {
                let layer = conv2d("conv", channels);
                check(&Conv2d { groups, stride, dilation, bias: true, ..layer }, [3, 6, 5]);
            }
        }
    }
}

/// Patches of more than one block: several rows at a time, and less than one.
#[test]
fn images_larger_than_a_block() {
    let layer = conv2d("conv", [3, 2]);
    check(&layer, [1, 41, 47]);
    check(&Conv2d { stride: [1, 2], padding: [2, 0], ..layer.clone() }, [1, 50, 61]);
    check(&Conv2d { padding: [0, 2], bias: true, ..layer }, [1, 45, 37]);

    let wide = Conv2d { kernel: [5, 4], padding: [2, 2], ..conv2d("conv", [80, 70]) };
    check(&wide, [1, 6, 37]);
    check(&Conv2d { stride: [2, 1], ..wide }, [1, 6, 37]);
    let many = Conv2d { kernel: [1, 1], padding: [0, 0], ..conv2d("conv", [900, 2]) };
    check(&many, [1, 9, 7]);
}

/// A batch whose gradients are summed in several chunks.
#[test]
fn batches_larger_than_a_chunk() {
    let layer = conv2d("conv", [3, 4]);
    check(&layer, [37, 16, 16]);
    check(&Conv2d { stride: [2, 2], ..layer }, [37, 16, 15]);
}
