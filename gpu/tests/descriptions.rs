//! What is refused of a model that is described for AdaAct, by name.

use gpu::{AdaAct, Error, Geometry, Hyperparameters, NamedTensors, Preconditioned, Rates};
use tch::nn::{self, Module};
use tch::{Device, Kind, Tensor};

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

fn parameter(size: &[i64]) -> Tensor {
    Tensor::randn(size, FLOAT).set_requires_grad(true)
}

/// A convolution of 2 channels to 6 in two groups, a linear layer of 6 to 3, and a plain factor.
fn parameters() -> NamedTensors {
    let sizes: [(&str, &[i64]); 5] = [
        ("conv.weight", &[6, 1, 3, 2]),
        ("conv.bias", &[6]),
        ("fc.weight", &[3, 6]),
        ("fc.bias", &[3]),
        ("factor", &[1]),
    ];
    sizes.map(|(name, size)| (name.to_owned(), parameter(size))).into()
}

fn layers() -> [Preconditioned; 2] {
    let config = nn::ConvConfigND { stride: [2, 1], groups: 2, ..Default::default() };
    [Preconditioned::conv2d("conv", config).unwrap(), Preconditioned::linear("fc")]
}

fn adaact(
    layers: &[Preconditioned],
    parameters: impl IntoIterator<Item = (String, Tensor)>,
) -> Result<AdaAct, Error> {
    AdaAct::new(layers, parameters, Hyperparameters::default())
}

#[track_caller]
fn assert_refused(result: Result<AdaAct, Error>, expected: &str) {
    assert_eq!(result.err().expect("a refusal").to_string(), expected);
}

/// A parameter replaced by another tensor.
#[track_caller]
fn assert_refused_with(name: &str, tensor: Tensor, expected: &str) {
    let mut parameters = parameters();
    parameters.insert(name.to_owned(), tensor);
    assert_refused(adaact(&layers(), parameters), expected);
}

/// The convolution described otherwise.
#[track_caller]
fn assert_refused_as(change: impl FnOnce(&mut nn::ConvConfigND<[i64; 2]>), expected: &str) {
    let mut config = nn::ConvConfigND { groups: 2, ..Default::default() };
    change(&mut config);
    let conv = Preconditioned::conv2d("conv", config).unwrap();
    assert_refused(adaact(&[conv], parameters()), expected);
}

#[test]
fn names_are_unique() {
    let [conv, fc] = layers();
    let layers = [conv, fc.clone(), fc];
    assert_refused(adaact(&layers, parameters()), "the name fc is given twice");
    let twice = parameters().into_iter().chain([("factor".to_owned(), parameter(&[1]))]);
    assert_refused(adaact(&self::layers(), twice), "the name factor is given twice");
}

#[test]
fn a_tensor_has_one_name() {
    let mut parameters = parameters();
    let weight = parameters["fc.weight"].shallow_clone();
    parameters.insert("tied".to_owned(), weight);
    let refused = adaact(&layers(), parameters);
    assert_refused(refused, "fc.weight and tied are the same tensor");
}

#[test]
fn a_layer_needs_a_weight_of_its_kind() {
    let mut without = parameters();
    without.remove("fc.weight");
    assert_refused(adaact(&layers(), without), "fc.weight is missing");
    let needs = |name: &str, found: &str, axes: &str| {
        format!("{name}.weight has shape {found}, the layer needs {axes}")
    };
    let linear = needs("fc", "[3, 2, 3]", "[out, in]");
    assert_refused_with("fc.weight", parameter(&[3, 2, 3]), &linear);
    let axes = "[out, in/groups, kernel y, kernel x]";
    assert_refused_with("conv.weight", parameter(&[6, 6]), &needs("conv", "[6, 6]", axes));
    let empty = needs("conv", "[6, 0, 3, 2]", axes);
    assert_refused_with("conv.weight", parameter(&[6, 0, 3, 2]), &empty);
    let strided = Tensor::randn([6, 3], FLOAT).tr().set_requires_grad(true);
    assert_refused_with("fc.weight", strided, "fc.weight is not contiguous");
}

#[test]
fn a_bias_fits_its_weight() {
    let expected = "fc.bias has shape [4], the model needs [3]";
    assert_refused_with("fc.bias", parameter(&[4]), expected);
    let double = Tensor::zeros([3], (Kind::Double, Device::Cpu)).set_requires_grad(true);
    let expected = "fc.bias is (Double, Cpu), the layer's weight is (Float, Cpu)";
    assert_refused_with("fc.bias", double, expected);
}

#[test]
fn a_trained_parameter_can_learn() {
    let half = Tensor::zeros([1], (Kind::Half, Device::Cpu)).set_requires_grad(true);
    assert_refused_with("factor", half, "factor is Half; it must be Float or Double");
    let computed = parameter(&[1]) * 2.0;
    let expected = "factor is computed from other tensors, and only a leaf gets a gradient";
    assert_refused_with("factor", computed, expected);
    let mut frozen = parameters();
    let count = Tensor::zeros([1], (Kind::Int64, Device::Cpu));
    frozen.insert("bn.num_batches_tracked".to_owned(), count);
    adaact(&layers(), frozen).expect("what is not trained may be anything");
}

#[test]
fn a_geometry_is_one_of_a_convolution() {
    let least = |field: &str, value: &str, least: u32| {
        format!("{field} of layer conv is {value}; each must be at least {least}")
    };
    assert_refused_as(|config| config.stride = [0, 1], &least("stride", "[0, 1]", 1));
    assert_refused_as(|config| config.padding = [2, -1], &least("padding", "[2, -1]", 0));
    assert_refused_as(|config| config.dilation = [1, 0], &least("dilation", "[1, 0]", 1));
    let groups = |groups: u32| format!("layer conv: {groups} groups do not divide its 6 outputs");
    assert_refused_as(|config| config.groups = 4, &groups(4));
    assert_refused_as(|config| config.groups = 0, &groups(0));
    let reflected = nn::ConvConfig { padding_mode: nn::PaddingMode::Reflect, ..Default::default() };
    let error = Preconditioned::conv2d("conv", reflected).unwrap_err().to_string();
    assert!(error.starts_with("padding mode Reflect is not supported: "), "{error}");
}

#[test]
fn a_configuration_of_one_number_is_that_of_two_alike() {
    let config =
        nn::ConvConfig { stride: 3, padding: 2, dilation: 4, groups: 5, ..Default::default() };
    let conv = Preconditioned::conv2d("conv", config).unwrap();
    let (stride, padding, dilation) = ([3, 3], [2, 2], [4, 4]);
    assert_eq!(conv.geometry, Geometry::Conv2d { stride, padding, dilation, groups: 5 });
}

#[test]
fn an_input_is_one_that_the_layer_can_read() {
    let mut adaact = adaact(&layers(), parameters()).unwrap();
    let mut refusal = |layer: &str, size: &[i64], kind: Kind| {
        let input = Tensor::zeros(size, (kind, Device::Cpu));
        adaact.observe(layer, &input).unwrap_err().to_string()
    };
    let float = Kind::Float;
    assert_eq!(refusal("fc2", &[1, 6], float), "layer fc2 was never described to the optimizer");
    let linear = |found| format!("input of fc has shape {found}, the layer needs [batch, …, 6]");
    assert_eq!(refusal("fc", &[6], float), linear("[6]"));
    assert_eq!(refusal("fc", &[2, 5], float), linear("[2, 5]"));
    assert_eq!(refusal("fc", &[0, 6], float), linear("[0, 6]"));
    let needs = "the layer needs [batch, 2, y ≥ 3, x ≥ 2]";
    let conv = |found| format!("input of conv has shape {found}, {needs}");
    assert_eq!(refusal("conv", &[2, 5, 4], float), conv("[2, 5, 4]"));
    assert_eq!(refusal("conv", &[1, 3, 5, 4], float), conv("[1, 3, 5, 4]"));
    assert_eq!(refusal("conv", &[1, 2, 2, 4], float), conv("[1, 2, 2, 4]"));
    let place = "input of fc is (Double, Cpu), the layer's weight is (Float, Cpu)";
    assert_eq!(refusal("fc", &[2, 6], Kind::Double), place);
    assert_eq!(adaact.state().layers, [].into());
}

/// A frozen layer may be shown inputs, which it ignores (S15); its bias is plain (S13).
#[test]
fn a_frozen_layer_sees_nothing() {
    let parameters = parameters();
    let _ = parameters["conv.weight"].set_requires_grad(false);
    let mut adaact = AdaAct::new(&layers(), &parameters, Hyperparameters::default()).unwrap();
    let images = Tensor::randn([4, 2, 3, 2], FLOAT);
    adaact.observe("conv", &images).unwrap();
    let images = images.conv2d(
        &parameters["conv.weight"],
        Some(&parameters["conv.bias"]),
        [2, 1],
        [0, 0],
        [1, 1],
        2,
    );
    let rows = images.flatten(1, -1);
    adaact.observe("fc", &rows).unwrap();
    let before = parameters["conv.bias"].detach().copy();
    rows.linear(&parameters["fc.weight"], Some(&parameters["fc.bias"])).sum(None).backward();
    adaact.step(|_| Rates { lr: 0.5, weight_decay: 0.0 }).unwrap();
    assert_eq!(adaact.state().layers.keys().collect::<Vec<_>>(), ["fc"]);
    let g = parameters["conv.bias"].grad();
    assert_eq!(parameters["conv.bias"], before - g * 0.5);
}

/// Gradients of layers and of plain parameters are made absent, and others left alone.
#[test]
fn gradients_are_cleared() {
    let parameters = parameters();
    let mut adaact = AdaAct::new(&layers(), &parameters, Hyperparameters::default()).unwrap();
    let outside = parameter(&[1]);
    let all = parameters.values().chain([&outside]);
    all.map(|tensor| tensor.sum(None)).fold(Tensor::zeros([1], FLOAT), |sum, x| sum + x).backward();
    adaact.clear_gradients();
    assert!(parameters.values().all(|tensor| !tensor.grad().defined()));
    assert!(outside.grad().defined());
}

/// tch's layers go by the names of their paths, and a statistic sees what they see.
#[test]
fn layers_of_tch_are_described_by_their_configuration() {
    let store = nn::VarStore::new(Device::Cpu);
    let config = nn::ConvConfig { stride: 2, padding: 1, bias: false, ..Default::default() };
    let conv = nn::conv2d(store.root() / "block" / "conv", 3, 4, 3, config);
    let layer = Preconditioned::conv2d("block.conv", config).unwrap();
    let mut adaact = adaact(&[layer], store.variables()).unwrap();
    let images = Tensor::ones([2, 3, 5, 4], FLOAT);
    adaact.observe("block.conv", &images).unwrap();
    conv.forward(&images).sum(None).backward();
    adaact.step(|_| Rates { lr: 0.1, weight_decay: 0.0 }).unwrap();
    // Windows at rows −1, 1, 3 and columns −1, 1: the tap in the middle meets six pixels of 1.
    let ema = &adaact.state().layers["block.conv"].ema;
    assert_eq!(ema.len(), 27);
    let of_six = |met: f64| 0.001 * met / 6.0;
    for (column, met) in [(0, 2.0), (1, 4.0), (4, 6.0), (8, 4.0)] {
        assert!((ema[column] - of_six(met)).abs() <= 1e-9, "{column}: {}", ema[column]);
    }
}
