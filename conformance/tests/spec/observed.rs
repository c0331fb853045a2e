//! S1 to S5: what is observed.

use super::running::{Inputs, Named, count, forward, layer, linear, list};
use fixtures::{Conv2d, Layer, LayerNorm, Mode, Tensor, model};
use reference::convert::{to_array, to_tensor};
use reference::statistic;

pub fn layers() -> Named {
    let model = [
        Layer::Linear(linear("fc", [2, 3], true)),
        Layer::LayerNorm(LayerNorm { name: "norm".to_owned(), features: 3, eps: 0.5 }),
    ];
    let preconditioned = model::preconditioned(&model);
    vec![
        ("preconditioned", count(preconditioned.len())),
        ("plain", count(model::plain_parameters(&model).len())),
        ("columns_fc", count(preconditioned[0].columns())),
    ]
}

pub fn observations(inputs: Inputs) -> Named {
    let mut session = inputs.session();
    let (x, d) = (inputs.get("X2"), inputs.get("D2"));
    let evaluation = forward(&mut session, &x, &d, Mode::Eval);
    let mut step = inputs.first(&mut session);
    step.forwards.insert(0, evaluation.clone());
    step.forwards.push(evaluation);
    let trace = session.step(&step).unwrap();
    let observed = layer(&trace).mean_square.as_ref().unwrap();
    vec![("observations", count(observed.len())), ("A_observed", list(&observed[0]))]
}

pub fn linear_statistic(inputs: Inputs) -> Named {
    let x = inputs.get("X1");
    let tokens = Tensor::new([2, 2, 2], x.data.clone());
    let a = |x: &Tensor| to_tensor(&statistic::linear_mean_square(&to_array(x).view(), false));
    vec![("N", count(x.shape[0])), ("A", a(&x)), ("A_tokens", a(&tokens))]
}

fn convolution(x: &Tensor, kernel: [usize; 2], groups: usize) -> Conv2d {
    Conv2d {
        name: "conv".to_owned(),
        in_channels: x.shape[1],
        out_channels: 2 * groups,
        kernel,
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups,
        bias: false,
    }
}

fn conv2d_mean_square(x: &Tensor, layer: &Conv2d) -> Tensor {
    let x = to_array(x).into_dimensionality().unwrap();
    to_tensor(&statistic::conv2d_mean_square(&x.view(), layer))
}

/// The convolutions of S4: padded and strided, in two groups.
fn convolutions(inputs: Inputs) -> [(Tensor, Conv2d); 2] {
    let image = inputs.get("image");
    let conv = Conv2d {
        stride: inputs.pair("stride"),
        padding: inputs.pair("padding"),
        ..convolution(&image, inputs.pair("kernel"), 1)
    };
    let image_groups = inputs.get("image_groups");
    let grouped = convolution(&image_groups, inputs.pair("kernel_groups"), 2);
    [(image, conv), (image_groups, grouped)]
}

pub fn convolutional_statistic(inputs: Inputs) -> Named {
    let [(image, conv), (image_groups, grouped)] = convolutions(inputs);
    let x = to_array(&image).into_dimensionality().unwrap();
    let patches = to_tensor(&statistic::plain::patches(&x.view(), &conv, 0));
    let dilated = Conv2d { dilation: [1, 2], ..grouped.clone() };
    vec![
        ("N_conv", count(patches.shape[0])),
        ("patches", patches),
        ("A_conv", conv2d_mean_square(&image, &conv)),
        ("A_groups", conv2d_mean_square(&image_groups, &grouped)),
        ("A_dilated", conv2d_mean_square(&image_groups, &dilated)),
    ]
}

pub fn bias_column(inputs: Inputs) -> Named {
    let x = to_array(&inputs.get("X1"));
    let [conv, grouped] = convolutions(inputs)
        .map(|(image, conv)| conv2d_mean_square(&image, &Conv2d { bias: true, ..conv }));
    vec![
        ("A1", to_tensor(&statistic::linear_mean_square(&x.view(), true))),
        ("A_conv_bias", conv),
        ("A_groups_bias", grouped),
    ]
}
