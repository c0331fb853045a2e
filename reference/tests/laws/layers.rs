//! Laws between layers: what is the same network must be trained the same.

use super::build::{
    CROSS_ENTROPY, Random, assert_close, batch_norm, case, conv_net, conv3x3, linear, optimizer,
    step, train,
};
use super::cases;
use fixtures::{Case, Conv2d, Forward, Layer, LayerTrace, Loss, Step, StepTrace, Target, Tensor};
use ndarray::{Array4, ArrayD, Axis, Slice};
use proptest::prelude::*;
use reference::convert::{to_array, to_tensor};
use reference::statistic::plain;
use reference::{Session, statistic};

/// Two computations of the same real numbers, over three steps of a network of at most three
/// layers, whose sums of at most a few hundred products are added in different orders: each errs
/// by some 1e-14 of the sum of magnitudes. Cancellation costs a digit or two, and a wrong clause
/// shows at 1e-3 or more.
const ROUNDING: f64 = 1e-11;

fn images(x: &Tensor) -> Array4<f64> {
    to_array(x).into_dimensionality().unwrap()
}

fn run(case: &Case) -> Vec<StepTrace> {
    case.validate().unwrap();
    let mut session = Session::start(case).unwrap();
    case.steps.iter().map(|step| session.step(step).unwrap()).collect()
}

/// All stages of two layers agree.
fn assert_same_layer(got: &LayerTrace, expected: &LayerTrace) {
    let (got_a, a) = (got.mean_square.as_ref().unwrap(), expected.mean_square.as_ref().unwrap());
    assert_eq!(got_a.len(), a.len());
    for (got, expected) in got_a.iter().zip(a) {
        assert_close("mean_square", got, expected, ROUNDING);
    }
    for (what, got, expected) in
        [("ema", &got.ema, &expected.ema), ("scale", &got.scale, &expected.scale)]
    {
        assert_close(what, got.as_ref().unwrap(), expected.as_ref().unwrap(), ROUNDING);
    }
    for (what, got, expected) in [
        ("gradient", &got.gradient, &expected.gradient),
        ("momentum", &got.momentum, &expected.momentum),
        ("update", &got.update, &expected.update),
    ] {
        let (got, expected) = (got.as_ref().unwrap(), expected.as_ref().unwrap());
        assert_eq!(got.shape, expected.shape);
        assert_close(what, &got.data, &expected.data, ROUNDING);
    }
}

/// The part of a grouped convolution's stages that belongs to one group.
fn of_group(layer: &LayerTrace, group: usize, groups: usize) -> LayerTrace {
    let part = |values: &[f64]| {
        let len = values.len() / groups;
        values[group * len..][..len].to_vec()
    };
    let rows = |tensor: &Tensor| {
        Tensor::new([tensor.shape[0] / groups, tensor.shape[1]], part(&tensor.data))
    };
    LayerTrace {
        mean_square: layer.mean_square.as_ref().map(|a| a.iter().map(|a| part(a)).collect()),
        ema: layer.ema.as_deref().map(part),
        scale: layer.scale.as_deref().map(part),
        gradient: layer.gradient.as_ref().map(rows),
        momentum: layer.momentum.as_ref().map(rows),
        update: layer.update.as_ref().map(rows),
    }
}

/// Convolutions of any small geometry, with an image that has room for a window.
fn any_convolution() -> impl Strategy<Value = (Conv2d, [usize; 2])> {
    let axis = || {
        (1..4_usize, 1..4_usize, 0..3_usize, 1..3_usize, 0..4_usize).prop_map(
            |(kernel, stride, padding, dilation, more)| {
                let reach = dilation * (kernel - 1) + 1;
                let extent = reach.saturating_sub(2 * padding).max(1) + more;
                (kernel, stride, padding, dilation, extent)
            },
        )
    };
    (axis(), axis(), 1..3_usize, 1..3_usize, 1..4_usize, any::<bool>()).prop_map(
        |(y, x, groups, inputs, outputs, bias)| {
            let layer = Conv2d {
                name: "layer".to_owned(),
                in_channels: groups * inputs,
                out_channels: groups * outputs,
                kernel: [y.0, x.0],
                stride: [y.1, x.1],
                padding: [y.2, x.2],
                dilation: [y.3, x.3],
                groups,
                bias,
            };
            (layer, [y.4, x.4])
        },
    )
}

fn outputs(layer: &Conv2d, extent: [usize; 2]) -> [usize; 2] {
    [0, 1].map(|axis| {
        let reach = layer.dilation[axis] * (layer.kernel[axis] - 1) + 1;
        (extent[axis] + 2 * layer.padding[axis] - reach) / layer.stride[axis] + 1
    })
}

/// The part of one group along an axis.
fn group_of(x: &ArrayD<f64>, axis: usize, group: usize, groups: usize) -> ArrayD<f64> {
    let len = x.shape()[axis] / groups;
    x.slice_axis(Axis(axis), Slice::from(group * len..(group + 1) * len)).to_owned()
}

/// `[batch, channels, y, x]` → `[batch·y·x, channels]`.
fn pixels_as_rows(x: &ArrayD<f64>) -> ArrayD<f64> {
    let (channels, rows) = (x.shape()[1], x.len() / x.shape()[1]);
    let x = x.view().permuted_axes(vec![0, 2, 3, 1]);
    x.to_shape((rows, channels)).unwrap().into_owned().into_dyn()
}

/// `[out, in, ky, kx]` → `[out, in·ky·kx]`; a bias stays as it is.
fn as_matrix(x: &Tensor) -> Tensor {
    match x.shape[..] {
        [out, _, _, _] => Tensor::new([out, x.data.len() / out], x.data.clone()),
        _ => x.clone(),
    }
}

/// A convolution, and the linear layers over the rows of each of its groups.
fn convolution_and_linears(
    layer: &Conv2d,
    extent: [usize; 2],
    batch: usize,
    seed: u64,
) -> (Case, Vec<Case>) {
    let groups = layer.groups;
    let mut random = Random::new(seed);
    let mut convolution =
        case(vec![Layer::Conv2d(layer.clone())], Loss::MeanSquaredError, optimizer(), &mut random);
    let [out_h, out_w] = outputs(layer, extent);
    convolution.steps = (0..3)
        .map(|_| {
            let input = random.tensor(&[batch, layer.in_channels, extent[0], extent[1]]);
            let target = random.tensor(&[batch, layer.out_channels, out_h, out_w]);
            step(vec![train(input, Target::Values(target))])
        })
        .collect();

    let inputs = layer.in_channels / groups * layer.kernel[0] * layer.kernel[1];
    let linears = (0..groups).map(|group| {
        let model = vec![linear("layer", inputs, layer.out_channels / groups, layer.bias)];
        let mut linear = case(model, Loss::MeanSquaredError, optimizer(), &mut random);
        linear.parameters = convolution
            .parameters
            .iter()
            .map(|(name, x)| {
                let x = group_of(&to_array(x), 0, group, groups);
                (name.clone(), as_matrix(&to_tensor(&x)))
            })
            .collect();
        linear.steps = convolution
            .steps
            .iter()
            .map(|convolution| step(vec![of_rows(layer, group, &convolution.forwards[0])]))
            .collect();
        linear
    });
    let linears = linears.collect();
    (convolution, linears)
}

/// A forward of a convolution as a forward of the linear layer over one group's patches.
fn of_rows(layer: &Conv2d, group: usize, forward: &Forward) -> Forward {
    let without_one = Conv2d { bias: false, ..layer.clone() };
    let rows = plain::patches(&images(&forward.input).view(), &without_one, group);
    let Target::Values(target) = &forward.target else { unreachable!("a mean squared error") };
    let target = group_of(&to_array(target), 1, group, layer.groups);
    // The loss is a mean over the group's outputs instead of all outputs.
    let loss_scale = 1.0 / layer.groups as f64;
    let target = Target::Values(to_tensor(&pixels_as_rows(&target)));
    Forward { loss_scale, ..train(to_tensor(&rows), target) }
}

fn assert_convolution_is_linear(layer: &Conv2d, extent: [usize; 2], batch: usize, seed: u64) {
    let groups = layer.groups;
    let (convolution, linears) = convolution_and_linears(layer, extent, batch, seed);
    let convolution = run(&convolution);
    for (group, linear) in linears.iter().enumerate() {
        for (convolution, linear) in convolution.iter().zip(run(linear)) {
            let of_group = of_group(&convolution.layers["layer"], group, groups);
            assert_same_layer(&of_group, &linear.layers["layer"]);
            for (name, expected) in &linear.parameters {
                let got = group_of(&to_array(&convolution.parameters[name]), 0, group, groups);
                assert_close(name, &to_tensor(&got).data, &expected.data, ROUNDING);
            }
        }
    }
}

/// The input of all forwards, changed.
fn map_inputs(case: &Case, f: impl Fn(&Tensor) -> Tensor) -> Case {
    let mut case = case.clone();
    for step in &mut case.steps {
        for forward in &mut step.forwards {
            forward.input = f(&forward.input);
        }
    }
    case
}

proptest! {
    #![proptest_config(cases(256))]

    /// A convolution is a linear layer over its patches; with groups, one for each group.
    #[test]
    fn a_convolution_equals_a_linear_layer_over_its_patches(
        (layer, extent) in any_convolution(),
        batch in 1..4_usize,
        seed: u64,
    ) {
        assert_convolution_is_linear(&layer, extent, batch, seed);
    }

    /// A 1×1 convolution is a linear layer over pixels.
    #[test]
    fn a_1x1_convolution_equals_a_linear_layer_over_pixels(
        (in_channels, out_channels) in (1..6_usize, 1..6_usize),
        extent in (1..6_usize, 1..6_usize).prop_map(<[usize; 2]>::from),
        batch in 1..4_usize,
        bias: bool,
        seed: u64,
    ) {
        let layer = Conv2d {
            name: "layer".to_owned(),
            in_channels,
            out_channels,
            kernel: [1, 1],
            stride: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
            groups: 1,
            bias,
        };
        let x = to_array(&Random::new(seed).tensor(&[batch, in_channels, extent[0], extent[1]]));
        let rows = plain::patches(&images(&to_tensor(&x)).view(), &Conv2d { bias: false, ..layer.clone() }, 0);
        prop_assert_eq!(pixels_as_rows(&x), rows.into_dyn());
        assert_convolution_is_linear(&layer, extent, batch, seed);
    }

    /// Inputs `c` times as large make `V` `c²` times as large, but for the bias's column.
    #[test]
    fn scaling_the_inputs_scales_the_average_quadratically(
        (layer, extent) in any_convolution(),
        c in prop_oneof![-100.0..-0.01_f64, 0.01..100.0],
        batch in 1..4_usize,
        seed: u64,
    ) {
        let (convolution, linears) = convolution_and_linears(&layer, extent, batch, seed);
        for case in linears.iter().chain([&convolution]) {
            let scaled = map_inputs(case, |x| {
                Tensor::new(x.shape.clone(), x.data.iter().map(|x| c * x).collect())
            });
            let columns = linears[0].parameters["layer.weight"].shape[1] + usize::from(layer.bias);
            let rows = linears[0].steps[0].forwards[0].input.shape[0];
            // Every sum of at most `rows` squares, divided; three averages of three roundings;
            // twice, with the square of `c` and its products. All terms are positive.
            let bound = (2.0 * (rows as f64 + 2.0 + 9.0) + 6.0) * f64::EPSILON;
            for (scaled, plain) in run(&scaled).iter().zip(run(case)) {
                let ema = |step: &StepTrace| step.layers["layer"].ema.clone().unwrap();
                for (j, (scaled, plain)) in ema(scaled).iter().zip(ema(&plain)).enumerate() {
                    let is_bias = layer.bias && j % columns == columns - 1;
                    let expected = if is_bias { plain } else { c * c * plain };
                    prop_assert!((scaled - expected).abs() <= bound * expected, "column {j}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    /// Another order of the input channels, with the first layer's weights in the same order, is
    /// the same network: its state follows, and nothing behind it notices.
    #[test]
    fn permuted_channels_permute_the_first_layer_alone(
        order in Just(vec![0, 1, 2, 3, 4]).prop_shuffle(),
        seed: u64,
    ) {
        let model = vec![
            conv3x3("first", 5, 4, 1),
            Layer::Relu,
            conv3x3("second", 4, 2, 2),
            Layer::Flatten,
            linear("head", 2 * 4 * 3, 3, true),
        ];
        let mut random = Random::new(seed);
        let mut straight = case(model, CROSS_ENTROPY, optimizer(), &mut random);
        straight.steps = steps(3, &[4, 5, 4, 3], &mut random);
        let select = |x: &Tensor| to_tensor(&to_array(x).select(Axis(1), &order));
        let mut permuted = map_inputs(&straight, select);
        let weight = permuted.parameters.get_mut("first.weight").unwrap();
        *weight = select(weight);

        // Each channel has nine columns.
        let columns: Vec<usize> = order.iter().flat_map(|&c| 9 * c..9 * (c + 1)).collect();
        let row = |x: &[f64]| columns.iter().map(|&j| x[j]).collect::<Vec<_>>();
        let matrix = |x: &Tensor| to_tensor(&to_array(x).select(Axis(1), &columns));
        for (mut straight, permuted) in run(&straight).into_iter().zip(run(&permuted)) {
            let first = straight.layers.get_mut("first").unwrap();
            *first = LayerTrace {
                mean_square: first.mean_square.as_ref().map(|a| a.iter().map(|a| row(a)).collect()),
                ema: first.ema.as_deref().map(row),
                scale: first.scale.as_deref().map(row),
                gradient: first.gradient.as_ref().map(matrix),
                momentum: first.momentum.as_ref().map(matrix),
                update: first.update.as_ref().map(matrix),
            };
            for (name, expected) in &straight.layers {
                assert_same_layer(&permuted.layers[name], expected);
            }
            let weight = straight.parameters.get_mut("first.weight").unwrap();
            *weight = select(weight);
            for (name, expected) in &straight.parameters {
                assert_close(name, &permuted.parameters[name].data, &expected.data, ROUNDING);
            }
        }
    }

    /// Every sample twice is the same batch: losses are means. Only the running variance of batch
    /// normalisation counts samples: it takes up `N/(N − 1)` of the batch's.
    #[test]
    fn a_duplicated_batch_changes_running_variances_alone(seed: u64) {
        let mut random = Random::new(seed);
        let mut single = case(conv_net(), CROSS_ENTROPY, optimizer(), &mut random);
        single.steps = steps(3, &[3, 2, 6, 5], &mut random);
        let mut double = map_inputs(&single, |x| {
            let shape = [&[2 * x.shape[0]], &x.shape[1..]].concat();
            Tensor::new(shape, x.data.repeat(2))
        });
        for step in &mut double.steps {
            let Target::Classes(classes) = &mut step.forwards[0].target else { unreachable!() };
            *classes = classes.repeat(2);
        }

        let (single, double) = (run(&single), run(&double));
        for (single, double) in single.iter().zip(&double) {
            assert_close("loss", &double.losses, &single.losses, ROUNDING);
            for (name, expected) in &single.layers {
                assert_same_layer(&double.layers[name], expected);
            }
            for (name, expected) in &single.parameters {
                assert_close(name, &double.parameters[name].data, &expected.data, ROUNDING);
            }
            let mean = "bn.running_mean";
            assert_close(mean, &double.buffers[mean].data, &single.buffers[mean].data, ROUNDING);
        }
        // After one step from 1, r − (1 − 0.3) is 0.3·var·N/(N − 1).
        let taken = |steps: &[StepTrace], n: f64| {
            let r = &steps[0].buffers["bn.running_var"].data;
            r.iter().map(|r| (r - 0.7) * (n - 1.0) / n).collect::<Vec<_>>()
        };
        let n = f64::from(3 * 6 * 5);
        assert_close("variance", &taken(&double, 2.0 * n), &taken(&single, n), ROUNDING);
    }
}

/// Steps of one forward of random images with random classes out of three.
fn steps(count: usize, shape: &[usize], random: &mut Random) -> Vec<Step> {
    (0..count)
        .map(|_| step(vec![train(random.tensor(shape), random.classes(shape[0], 3))]))
        .collect()
}

/// A layer used twice in one forward has one state, takes one step along the sum of the gradients
/// of its uses, and observes every use (S17): like two layers of the same weights, but for that.
#[test]
fn a_shared_layer_is_two_uses_of_one() {
    let mut random = Random::new(17);
    let fc = linear("fc", 5, 5, true);
    let head = linear("head", 5, 3, false);
    let twice = vec![fc.clone(), Layer::Tanh, Layer::Shared { of: "fc".to_owned() }, head.clone()];
    let mut shared = case(twice, CROSS_ENTROPY, optimizer(), &mut random);
    shared.steps = steps(1, &[6, 5], &mut random);

    let two = vec![fc, Layer::Tanh, linear("fc2", 5, 5, true), head];
    let mut separate = Case { model: two, ..shared.clone() };
    for part in ["weight", "bias"] {
        let parameter = shared.parameters[&format!("fc.{part}")].clone();
        separate.parameters.insert(format!("fc2.{part}"), parameter);
    }

    let (shared, separate) = (&run(&shared)[0], &run(&separate)[0]);
    let (fc, first, second) =
        (&shared.layers["fc"], &separate.layers["fc"], &separate.layers["fc2"]);
    let observed = |layer: &LayerTrace| layer.mean_square.clone().unwrap();
    assert_eq!(observed(fc), [observed(first), observed(second)].concat());
    // In the first step the last observation counts (S6).
    assert_eq!(fc.ema, second.ema);
    let gradient = |layer: &LayerTrace| to_array(layer.gradient.as_ref().unwrap());
    let sum = gradient(first) + gradient(second);
    assert_close("gradient", &to_tensor(&gradient(fc)).data, &to_tensor(&sum).data, ROUNDING);
}

/// What the network observes is what [`statistic`] says of its layers' inputs, at every forward.
#[test]
fn a_network_observes_the_input_of_its_first_layer() {
    let mut random = Random::new(3);
    let model = vec![conv3x3("conv", 2, 3, 1), batch_norm("bn", 3), Layer::GlobalAvgPool2d];
    let Layer::Conv2d(layer) = model[0].clone() else { unreachable!() };
    let mut case = case(model, CROSS_ENTROPY, optimizer(), &mut random);
    let forward = |random: &mut Random| train(random.tensor(&[2, 2, 4, 5]), random.classes(2, 3));
    case.steps = vec![step(vec![forward(&mut random), forward(&mut random)])];
    let expected: Vec<Vec<f64>> = case.steps[0]
        .forwards
        .iter()
        .map(|f| statistic::conv2d_mean_square(&images(&f.input).view(), &layer).to_vec())
        .collect();
    assert_eq!(run(&case)[0].layers["conv"].mean_square, Some(expected));
}
