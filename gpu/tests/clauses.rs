//! What cases cannot say, or no official case says: clauses at the level of the library.

use fixtures::{Case, Conv2d, Dtype, Layer, Linear, Step};
use gpu::backend::clear_gradient;
use gpu::{
    AdaAct, Device, Error, Hyperparameters, NamedTensors, Network, Observer, Options, Rates,
    Session, Unobserved,
};
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

const DOUBLE: (Kind, tch::Device) = (Kind::Double, tch::Device::Cpu);

fn rates(_: &str) -> Rates {
    Rates { lr: 0.1, weight_decay: 0.02 }
}

/// An official case by name.
fn case(name: &str) -> Case {
    let folder = fixtures::corpus::root().join("official");
    Case::read(folder.join(format!("{name}.case.json"))).unwrap()
}

/// `in` → 3 → 2 with biases; every parameter is trained.
fn two_linear(inputs: usize) -> Network {
    let linear = |name: &str, in_features, out_features| {
        Layer::Linear(Linear { name: name.to_owned(), in_features, out_features, bias: true })
    };
    network(&[linear("first", inputs, 3), Layer::Tanh, linear("last", 3, 2)])
}

/// A model with parameters drawn at random.
fn network(model: &[Layer]) -> Network {
    tch::manual_seed(5);
    let parameters: NamedTensors = fixtures::model::parameters(model)
        .into_iter()
        .map(|spec| {
            let size: Vec<_> = spec.shape.iter().map(|&n| n as i64).collect();
            (spec.name, Tensor::randn(size, DOUBLE).set_requires_grad(true))
        })
        .collect();
    Network::new(model, parameters, BTreeMap::new()).unwrap()
}

fn adaact(network: &Network) -> AdaAct {
    let hyper = Hyperparameters { beta1: 0.8, beta2: 0.95, eps: 1e-4 };
    AdaAct::new(network.preconditioned(), network.parameters(), hyper).unwrap()
}

/// Forward, backward of the sum of squares.
fn backward(network: &Network, adaact: &mut AdaAct, x: &Tensor) {
    network.train(x, adaact).square().sum(None).backward();
}

/// All parameters, as they are now.
fn parameters(network: &Network) -> BTreeMap<String, Tensor> {
    network.parameters().iter().map(|(name, t)| (name.clone(), t.detach().copy())).collect()
}

fn batch() -> Tensor {
    tch::manual_seed(6);
    Tensor::randn([5, 4], DOUBLE)
}

/// S15: a layer with a gradient that never saw an input is refused by name; nothing changes.
#[test]
fn an_unobserved_layer_is_refused() {
    let network = two_linear(4);
    let mut adaact = adaact(&network);
    network.train(&batch(), &mut Unobserved).sum(None).backward();
    let before = parameters(&network);
    let error = adaact.step(rates).unwrap_err();
    assert!(matches!(&error, Error::Unobserved { layer } if layer == "first"), "{error}");
    assert_eq!(parameters(&network), before);
    assert_eq!(adaact.state().step, 0);
}

/// S15: without a gradient neither decay nor step, and `M` stays; `V` keeps what it saw.
#[test]
fn a_layer_without_a_gradient_is_left_alone() {
    let network = two_linear(4);
    let mut adaact = adaact(&network);
    backward(&network, &mut adaact, &batch());
    adaact.step(rates).unwrap();

    backward(&network, &mut adaact, &(batch() * 2.0));
    for name in ["last.weight", "last.bias"] {
        clear_gradient(&mut network.parameters()[name].shallow_clone());
    }
    let (before, state) = (parameters(&network), adaact.state());
    adaact.step(rates).unwrap();
    let (after, next) = (parameters(&network), adaact.state());
    assert_eq!(after["last.weight"], before["last.weight"]);
    assert_eq!(after["last.bias"], before["last.bias"]);
    assert_ne!(after["first.bias"], before["first.bias"]);
    assert_eq!(next.layers["last"], state.layers["last"]);
    assert_eq!((state.step, next.step), (1, 2));
}

/// S1, S15: a frozen layer is not observed and not preconditioned; a bias of it that is trained is
/// plain (S13).
#[test]
fn a_frozen_layer_is_not_preconditioned() {
    let network = two_linear(4);
    let _ = network.parameters()["first.weight"].set_requires_grad(false);
    let mut adaact = adaact(&network);
    let before = parameters(&network);
    backward(&network, &mut adaact, &batch());
    let g = network.parameters()["first.bias"].grad().copy();
    adaact.step(rates).unwrap();
    let after = parameters(&network);
    assert_eq!(after["first.weight"], before["first.weight"]);
    assert_eq!(after["first.bias"], &before["first.bias"] * (1.0 - 0.1 * 0.02) - g * 0.1);
    assert_eq!(adaact.state().layers.keys().collect::<Vec<_>>(), ["last"]);
}

/// S1: a layer whose bias is frozen has no column for it; the bias stays.
#[test]
fn a_frozen_bias_has_no_column() {
    let network = two_linear(4);
    let _ = network.parameters()["first.bias"].set_requires_grad(false);
    let mut adaact = adaact(&network);
    let before = parameters(&network);
    backward(&network, &mut adaact, &batch());
    adaact.step(rates).unwrap();
    let after = parameters(&network);
    assert_eq!(after["first.bias"], before["first.bias"]);
    assert_ne!(after["first.weight"], before["first.weight"]);
    let first = &adaact.state().layers["first"];
    assert_eq!((first.ema.len(), &first.momentum.shape), (4, &vec![3, 4]));
}

/// Gradients are left as they are, and an evaluation leaves no trace (S2).
#[test]
fn a_step_leaves_gradients_and_an_evaluation_leaves_everything() {
    let network = two_linear(4);
    let mut adaact = adaact(&network);
    backward(&network, &mut adaact, &batch());
    let gradients = || network.parameters().values().map(|p| p.grad().copy()).collect::<Vec<_>>();
    let before = gradients();
    adaact.step(rates).unwrap();
    let state = adaact.state();
    assert!(!network.evaluate(&batch()).requires_grad());
    assert_eq!(gradients(), before);
    assert_eq!(adaact.state(), state);
}

/// For diagnosis, an evaluation can be watched; it computes the same and changes nothing.
#[test]
fn an_observed_evaluation_shows_every_layers_input() {
    struct Seen(Vec<(usize, Tensor)>);
    impl Observer for Seen {
        fn observe(&mut self, layer: usize, input: &Tensor) {
            self.0.push((layer, input.copy()));
        }
    }
    let network = two_linear(4);
    let mut seen = Seen(Vec::new());
    let output = network.evaluate_observed(&batch(), &mut seen);
    assert_eq!(output, network.evaluate(&batch()));
    assert!(!output.requires_grad());
    let layers: Vec<_> = seen.0.iter().map(|(layer, _)| *layer).collect();
    assert_eq!(layers, [0, 1]);
    assert_eq!(seen.0[0].1, batch());
}

/// S8 with `ε = 0`: a column that was never active has `s = ∞` and `G = 0`, so `U` is NaN there,
/// and only there.
#[test]
fn without_epsilon_a_dead_column_becomes_nan() {
    let network = two_linear(4);
    let hyper = Hyperparameters { eps: 0.0, ..Hyperparameters::default() };
    let mut adaact = AdaAct::new(network.preconditioned(), network.parameters(), hyper).unwrap();
    let x = batch();
    let _ = x.narrow(1, 2, 1).zero_();
    backward(&network, &mut adaact, &x);
    adaact.step(rates).unwrap();
    let nan: Vec<bool> =
        Vec::try_from(network.parameters()["first.weight"].isnan().view(-1)).unwrap();
    assert_eq!(nan, [false, false, true, false].repeat(3));
    assert_eq!(network.parameters()["first.bias"].isnan().any().int64_value(&[]), 0);
}

/// S18
#[test]
fn invalid_hyperparameters_are_refused_by_name_and_value() {
    let network = two_linear(4);
    let valid = Hyperparameters::default();
    for (hyper, name) in [
        (Hyperparameters { beta1: 1.0, ..valid }, "beta1 is 1;"),
        (Hyperparameters { beta2: -0.1, ..valid }, "beta2 is -0.1;"),
        (Hyperparameters { beta2: f64::NAN, ..valid }, "beta2 is NaN;"),
        (Hyperparameters { eps: f64::INFINITY, ..valid }, "eps is inf;"),
    ] {
        let error = AdaAct::new(network.preconditioned(), network.parameters(), hyper)
            .err()
            .unwrap()
            .to_string();
        assert!(error.starts_with(name), "{error}");
    }
    let mut adaact = adaact(&network);
    backward(&network, &mut adaact, &batch());
    let before = parameters(&network);
    let only_last = |name: &str| match name {
        "last.bias" => Rates { lr: -1.0, weight_decay: 0.0 },
        _ => rates(name),
    };
    let error = adaact.step(only_last).unwrap_err().to_string();
    assert!(error.starts_with("lr is -1;"), "{error}");
    assert_eq!(parameters(&network), before);
}

/// A grouped convolution with a bias is as many convolutions side by side (S4 per group, S5).
#[test]
fn a_grouped_convolution_equals_one_convolution_per_group() {
    let conv = |groups: usize| {
        Layer::Conv2d(Conv2d {
            name: "conv".to_owned(),
            in_channels: 2 * groups,
            out_channels: 3 * groups,
            kernel: [3, 2],
            stride: [2, 1],
            padding: [1, 2],
            dilation: [1, 2],
            groups,
            bias: true,
        })
    };
    let whole = network(&[conv(2)]);
    let part = |of: &Tensor, group: i64| of.chunk(2, 0)[group as usize].detach().copy();
    let halves = [0, 1].map(|group| {
        let half = whole.parameters().iter();
        let half = half.map(|(name, t)| (name.clone(), part(t, group).set_requires_grad(true)));
        Network::new(&[conv(1)], half.collect(), BTreeMap::new()).unwrap()
    });
    let mut of_whole = adaact(&whole);
    let mut of_halves = halves.each_ref().map(adaact);
    for seed in 0..3 {
        tch::manual_seed(seed);
        let x = Tensor::randn([2, 4, 5, 4], DOUBLE);
        backward(&whole, &mut of_whole, &x);
        of_whole.step(rates).unwrap();
        let parts = x.chunk(2, 1);
        for ((network, adaact), x) in halves.iter().zip(&mut of_halves).zip(&parts) {
            backward(network, adaact, x);
            adaact.step(rates).unwrap();
        }
    }
    let whole = of_whole.state().layers.remove("conv").unwrap();
    let halves = of_halves.map(|adaact| adaact.state().layers.remove("conv").unwrap());
    let [a, b] = halves;
    // The convolutions may add in another order: some 100 roundings of 1e-16 over three steps.
    let close = |got: &[f64], expected: &[f64]| against_largest(got, expected) <= 1e-13;
    assert!(close(&whole.ema, &[a.ema, b.ema].concat()));
    assert!(close(&whole.momentum.data, &[a.momentum.data, b.momentum.data].concat()));
}

/// The largest difference, against the largest magnitude expected.
fn against_largest(got: &[f64], expected: &[f64]) -> f64 {
    let largest = |values: Vec<f64>| values.into_iter().fold(0.0, f64::max);
    let differences = got.iter().zip(expected).map(|(g, e)| (g - e).abs()).collect();
    largest(differences) / largest(expected.iter().map(|e| e.abs()).collect())
}

fn options(dtype: Dtype) -> Options {
    Options { dtype, device: Device::Cpu }
}

/// S20: stopped after two steps and started again elsewhere, to the bit as if never stopped.
#[test]
fn a_restored_run_goes_on_exactly() {
    for name in ["resnetlet", "conv-padding", "skipped-step", "eval-between"] {
        for dtype in [Dtype::Float64, Dtype::Float32] {
            let mut case = case(name);
            let mut unbroken = Session::start(&case, options(dtype)).unwrap();
            let mut steps = case.steps.clone();
            let rest = steps.split_off(2);
            steps.iter().for_each(|step| drop(unbroken.advance(step).unwrap()));

            case.state = Some(unbroken.state());
            (case.parameters, case.buffers) = (unbroken.parameters(), unbroken.buffers());
            let mut restored = Session::start(&case, options(dtype)).unwrap();
            for step in &rest {
                assert_eq!(restored.step(step).unwrap(), unbroken.step(step).unwrap(), "{name}");
            }
            assert_eq!(restored.state(), unbroken.state());
        }
    }
}

/// The way that reads nothing back computes the same bits.
#[test]
fn advancing_equals_stepping() {
    let case = case("option-a-shortcut");
    let [mut lean, mut traced] =
        [(), ()].map(|()| Session::start(&case, options(Dtype::Float32)).unwrap());
    for step in &case.steps {
        let losses = lean.advance(step).unwrap();
        assert_eq!(losses, traced.step(step).unwrap().losses);
    }
    assert_eq!(lean.parameters(), traced.parameters());
    assert_eq!(lean.state(), traced.state());
}

/// S6, S19: what overflowed in a skipped first step is forgotten at the next observation.
#[test]
fn an_infinite_average_does_not_outlive_the_first_step() {
    let case = case("mlp-bias");
    let mut session = Session::start(&case, Options::default()).unwrap();
    let mut overflowing: Step = case.steps[0].clone();
    overflowing.skip = true;
    overflowing.forwards[0].input.data[0] = 1e200;
    let skipped = session.step(&overflowing).unwrap();
    assert_eq!(skipped.layers["fc1"].ema.as_ref().unwrap()[0], f64::INFINITY);
    let expected = gpu::trace(&case, Options::default()).unwrap();
    assert_eq!(session.step(&case.steps[0]).unwrap(), expected.steps[0]);
}

/// Nothing to train: forwards run, steps count.
#[test]
fn a_model_without_parameters_runs() {
    let mut case = case("mlp-bias");
    case.model = vec![Layer::Tanh];
    case.parameters.clear();
    let trace = gpu::trace(&case, Options::default()).unwrap();
    assert_eq!(trace.steps.last().unwrap().step, Some(case.steps.len() as u64));
}

#[test]
fn a_state_of_another_network_is_refused() {
    let network = two_linear(4);
    let mut of_four = adaact(&network);
    backward(&network, &mut of_four, &batch());
    of_four.step(rates).unwrap();
    let state = of_four.state();

    let mut of_five = adaact(&two_linear(5));
    let error = of_five.restore(&state).unwrap_err().to_string();
    assert_eq!(error, "ema of first has shape [5], the model needs [6]");
    let mut without = state.clone();
    without.layers.remove("last");
    assert_eq!(of_four.restore(&without).unwrap_err().to_string(), "state of last is missing");
    let mut surplus = state.clone();
    surplus.layers.insert("third".to_owned(), state.layers["last"].clone());
    let error = of_four.restore(&surplus).unwrap_err().to_string();
    assert_eq!(error, "third: the model has none");
    assert_eq!(of_four.state(), state);
}

#[test]
fn tensors_that_do_not_fit_the_model_are_refused() {
    let network = two_linear(4);
    let model = [Layer::Linear(Linear {
        name: "first".to_owned(),
        in_features: 4,
        out_features: 3,
        bias: false,
    })];
    let of = |names: &[&str]| -> NamedTensors {
        let tensor = |name: &&str| (name.to_string(), network.parameters()[*name].shallow_clone());
        names.iter().map(tensor).collect()
    };
    let refusal = |names: &[&str]| {
        let refused = Network::new(&model, of(names), BTreeMap::new()).err().unwrap();
        refused.to_string()
    };
    assert_eq!(refusal(&[]), "first.weight is missing");
    assert_eq!(refusal(&["first.weight", "first.bias"]), "first.bias: the model has none");
    let transposed = network.parameters()["first.weight"].tr();
    let swapped = [("first.weight".to_owned(), transposed)].into();
    let error = Network::new(&model, swapped, BTreeMap::new()).err().unwrap().to_string();
    assert_eq!(error, "first.weight has shape [4, 3], the model needs [3, 4]");
    let strided = [("first.weight".to_owned(), Tensor::ones([4, 3], DOUBLE).tr())].into();
    let error = Network::new(&model, strided, BTreeMap::new()).err().unwrap().to_string();
    assert_eq!(error, "first.weight is not contiguous");
}
