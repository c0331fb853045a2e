//! Every clause that is arithmetic, with numbers worked out by hand.
//!
//! All numbers are multiples of small powers of two, so that float64 is exact and results are
//! compared for equality.

use super::*;
use fixtures::State;
use ndarray::{ArrayD, array};

/// `β1 = 1/2`, `β2 = 3/4`, `ε = 1/4`.
const HYPERPARAMETERS: Hyperparameters = Hyperparameters { betas: [0.5, 0.75], eps: 0.25 };

/// Two outputs of two inputs and a bias.
fn fc() -> LayerShape {
    LayerShape { name: "fc".to_owned(), out: 2, columns: 3, groups: 1, bias: true }
}

fn adaact() -> AdaAct {
    AdaAct::new(HYPERPARAMETERS, vec![fc()]).unwrap()
}

fn map<const N: usize>(tensors: [(&str, ArrayD<f64>); N]) -> TensorMap {
    tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into()
}

fn parameters() -> TensorMap {
    map([
        ("fc.weight", array![[1.0, -2.0], [3.0, 0.0]].into_dyn()),
        ("fc.bias", array![4.0, -8.0].into_dyn()),
        ("norm.weight", array![2.0, 4.0, 6.0].into_dyn()),
    ])
}

/// The first gradient of the layer, `G = [[2, 4, -1], [0, 8, 16]]`.
fn gradients() -> TensorMap {
    map([
        ("fc.weight", array![[2.0, 4.0], [0.0, 8.0]].into_dyn()),
        ("fc.bias", array![-1.0, 16.0].into_dyn()),
    ])
}

fn without_decay(_: &str) -> Rates {
    Rates { lr: 0.5, weight_decay: 0.0 }
}

#[test]
fn two_steps_by_hand() {
    let mut adaact = adaact();
    let mut parameters = parameters();

    // S6: V = 1/4·A, with A = [49/16, 1/16, 9/16]. (The last would be 1 for a bias; 9/16 keeps
    // the numbers short.)
    adaact.observe("fc", &array![49. / 16., 1. / 16., 9. / 16.]);
    assert_eq!(adaact.ema("fc"), array![49. / 64., 1. / 64., 9. / 64.]);

    let stages = adaact.step(&mut parameters, &gradients(), &without_decay).unwrap();
    let of_fc = &stages["fc"];
    // S7: t = 1 makes V̂ = V/(1/4) = A. S8: s = 1/(7/4 + 1/4), 1/(1/4 + 1/4), 1/(3/4 + 1/4).
    assert_eq!(of_fc.scale, array![0.5, 2.0, 1.0]);
    // S9, S10: M = G/2.
    assert_eq!(of_fc.momentum, array![[1.0, 2.0, -0.5], [0.0, 4.0, 8.0]]);
    // S10: M̂ = M/(1/2) = G. S11: U = G·s.
    assert_eq!(of_fc.update, array![[1.0, 8.0, -1.0], [0.0, 16.0, 16.0]]);
    // S12 with η = 1/2 and λ = 0: θ − U/2.
    assert_eq!(parameters["fc.weight"], array![[0.5, -6.0], [3.0, -8.0]].into_dyn());
    assert_eq!(parameters["fc.bias"], array![4.5, -16.0].into_dyn());
    // S15: no gradient, nothing happens.
    assert_eq!(parameters["norm.weight"], array![2.0, 4.0, 6.0].into_dyn());

    // S6: V = 3/4·V + 1/4·A with A = [357/16, 11/16, 36/16]:
    // 147/256 + 1428/256, 3/256 + 44/256 and 27/256 + 144/256.
    adaact.observe("fc", &array![357. / 16., 11. / 16., 36. / 16.]);
    assert_eq!(adaact.ema("fc"), array![1575. / 256., 47. / 256., 171. / 256.]);
    // A second forward of the same step advances V once more (S6, S17):
    // 3/4·1575/256 + 1/4·A with A = [1575/256, 2883/256, 7/256].
    adaact.observe("fc", &array![1575. / 256., 2883. / 256., 7. / 256.]);
    assert_eq!(adaact.ema("fc"), array![1575. / 256., 756. / 256., 130. / 256.]);

    let gradients = map([
        ("fc.weight", array![[5.0, -2.0], [3.0, 2.0]].into_dyn()),
        ("fc.bias", array![2.0, -2.0].into_dyn()),
        ("norm.weight", array![1.0, -2.0, 0.0].into_dyn()),
    ]);
    let with_decay = |_: &str| Rates { lr: 0.5, weight_decay: 0.25 };
    let stages = adaact.step(&mut parameters, &gradients, &with_decay).unwrap();
    let of_fc = &stages["fc"];
    // S7: t = 2, though V has seen three forwards: V̂ = V/(7/16) = [225/16, 27/4, ..].
    // S8: the first is 1/(15/4 + 1/4); the others are not round and left out.
    assert_eq!(of_fc.scale[0], 0.25);
    // S10: M = M/2 + G/2.
    assert_eq!(of_fc.momentum, array![[3.0, 0.0, 0.75], [1.5, 3.0, 3.0]]);
    // S10: M̂ = M/(3/4), S11: its first column times 1/4.
    assert_eq!(of_fc.update.column(0), array![1.0, 0.5]);
    assert_eq!(of_fc.update[[0, 1]], 0.0);
    // S12: θ·(1 − 1/8), then − U/2: 7/16 − 1/2 and 21/8 − 1/4; −6·7/8 − 0.
    assert_eq!(parameters["fc.weight"].as_slice().unwrap()[..3], [-0.0625, -5.25, 2.375]);
    // S13: the raw gradient: 7/4 − 1/2, 7/2 + 1, 21/4 − 0.
    assert_eq!(parameters["norm.weight"], array![1.25, 4.5, 5.25].into_dyn());
    assert_eq!(adaact.steps(), 2);
}

#[test]
fn before_the_first_step_only_the_last_observation_counts() {
    let mut adaact = adaact();
    adaact.observe("fc", &array![100.0, 100.0, 1.0]);
    adaact.observe("fc", &array![4.0, 8.0, 1.0]);
    assert_eq!(adaact.ema("fc"), array![1.0, 2.0, 0.25]); // S6: 1/4·A of the second
}

#[test]
fn observations_change_neither_step_nor_momentum() {
    let mut adaact = adaact();
    adaact.observe("fc", &array![4.0, 8.0, 1.0]);
    adaact.step(&mut parameters(), &gradients(), &without_decay).unwrap();
    let before = adaact.state();
    adaact.observe("fc", &array![0.0, 16.0, 1.0]); // and the step is skipped: S19
    let after = adaact.state();
    assert_eq!(after.step, before.step);
    assert_eq!(after.layers["fc"].momentum, before.layers["fc"].momentum);
    // V was [1, 2, 1/4].
    assert_eq!(after.layers["fc"].ema, [0.75, 5.5, 0.4375]);
}

#[test]
fn scale_puts_eps_outside_the_root() {
    let hyperparameters = Hyperparameters { betas: [0.5, 0.75], eps: 0.5 };
    // 1 − (3/4)² = 7/16, V̂ = 9/4: 1/(3/2 + 1/2). Inside it would be 1/√(11/4).
    assert_eq!(scale(&array![63. / 64.], 2, &hyperparameters), array![0.5]);
    // A column that was never active.
    assert_eq!(scale(&array![0.0], 2, &hyperparameters), array![2.0]);
}

#[test]
fn every_group_of_outputs_takes_its_own_row_of_the_scale() {
    // Four outputs in two groups of two columns; t = 1 and β1 = 1/2 make M̂ = 2·M.
    let m = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]];
    let s = array![1.0, 10.0, 0.5, 0.25];
    let expected = array![[2.0, 40.0], [6.0, 80.0], [5.0, 3.0], [7.0, 4.0]];
    assert_eq!(update(&m, &s, 1, &HYPERPARAMETERS), expected);
}

#[test]
fn the_gradient_of_a_convolution_is_its_flattened_weight_and_bias() {
    // [out 2, in 1, ky 1, kx 3]
    let weight = ArrayD::from_shape_vec(vec![2, 1, 1, 3], vec![1., 2., 3., 4., 5., 6.]).unwrap();
    let bias = array![7.0, 8.0].into_dyn();
    assert_eq!(gradient_matrix(&weight, None), array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    assert_eq!(
        gradient_matrix(&weight, Some(&bias)),
        array![[1.0, 2.0, 3.0, 7.0], [4.0, 5.0, 6.0, 8.0]]
    );
    // And back, from U to the parameters.
    let conv = LayerShape { name: "conv".to_owned(), out: 2, columns: 4, groups: 1, bias: true };
    let mut adaact = AdaAct::new(HYPERPARAMETERS, vec![conv]).unwrap();
    adaact.observe("conv", &array![9. / 16., 49. / 16., 9. / 16., 9. / 16.]);
    let gradients = map([("conv.weight", weight), ("conv.bias", bias)]);
    let mut parameters = map([
        ("conv.weight", ArrayD::zeros(vec![2, 1, 1, 3])),
        ("conv.bias", ArrayD::zeros(vec![2])),
    ]);
    adaact.step(&mut parameters, &gradients, &without_decay).unwrap();
    // s = [1, 1/2, 1, 1], θ = −U/2.
    let weight = ArrayD::from_shape_vec(vec![2, 1, 1, 3], vec![-0.5, -0.5, -1.5, -2., -1.25, -3.]);
    assert_eq!(parameters["conv.weight"], weight.unwrap());
    assert_eq!(parameters["conv.bias"], array![-3.5, -4.0].into_dyn());
}

#[test]
fn decay_comes_before_the_step() {
    let mut theta = array![8.0, -4.0].into_dyn();
    // 8·(1 − 1/4·1/2) − 1/4·4 = 6, −4·7/8 − 1/4·(−16) = 1/2. The other order: 6.125 and 0.
    descend(&mut theta, &array![4.0, -16.0].into_dyn(), Rates { lr: 0.25, weight_decay: 0.5 });
    assert_eq!(theta, array![6.0, 0.5].into_dyn());
}

#[test]
fn rates_are_those_of_the_parameter() {
    let mut adaact = adaact();
    let mut parameters = parameters();
    adaact.observe("fc", &array![9. / 16., 9. / 16., 9. / 16.]); // s = 1 throughout
    let rates = |name: &str| match name {
        "fc.weight" => Rates { lr: 0.5, weight_decay: 0.5 },
        "fc.bias" => Rates { lr: 0.25, weight_decay: 0.0 },
        _ => unreachable!("nothing else has a gradient"),
    };
    adaact.step(&mut parameters, &gradients(), &rates).unwrap();
    // 3/4·θ − G/2 and θ − G/4.
    assert_eq!(parameters["fc.weight"], array![[-0.25, -3.5], [2.25, -4.0]].into_dyn());
    assert_eq!(parameters["fc.bias"], array![4.25, -12.0].into_dyn());
}

#[test]
fn a_layer_without_a_gradient_keeps_its_momentum_while_t_rises() {
    let mut adaact = adaact();
    adaact.observe("fc", &array![4.0, 8.0, 1.0]);
    adaact.step(&mut parameters(), &gradients(), &without_decay).unwrap();
    let before = adaact.state();

    let mut now = parameters();
    let gradients = map([("norm.weight", array![1.0, 2.0, 3.0].into_dyn())]);
    let stages = adaact.step(&mut now, &gradients, &without_decay).unwrap();
    assert!(stages.is_empty());
    assert_eq!(now["fc.weight"], parameters()["fc.weight"]);
    assert_eq!(adaact.steps(), 2);
    assert_eq!(adaact.state().layers, before.layers);
}

#[test]
fn a_learning_rate_of_zero_changes_the_state_alone() {
    let mut adaact = adaact();
    let mut now = parameters();
    adaact.observe("fc", &array![4.0, 8.0, 1.0]);
    adaact.step(&mut now, &gradients(), &|_| Rates { lr: 0.0, weight_decay: 0.5 }).unwrap();
    assert_eq!(now, parameters()); // S16
    assert_eq!(adaact.steps(), 1);
    assert_eq!(adaact.state().layers["fc"].momentum.data, [1.0, 2.0, -0.5, 0.0, 4.0, 8.0]);
}

#[test]
fn a_dead_column_moves_nothing_unless_eps_is_zero() {
    let gradients = map([
        ("fc.weight", array![[0.0, 4.0], [0.0, 8.0]].into_dyn()), // the first input was 0
        ("fc.bias", array![1.0, 1.0].into_dyn()),
    ]);
    for (eps, scale, update) in [(0.25, 4.0, 0.0), (0.0, f64::INFINITY, f64::NAN)] {
        let hyperparameters = Hyperparameters { eps, ..HYPERPARAMETERS };
        let mut adaact = AdaAct::new(hyperparameters, vec![fc()]).unwrap();
        adaact.observe("fc", &array![0.0, 8.0, 1.0]);
        let stages = adaact.step(&mut parameters(), &gradients, &without_decay).unwrap();
        assert_eq!(stages["fc"].scale[0], scale);
        let of_column = stages["fc"].update[[1, 0]];
        assert!(of_column == update || of_column.is_nan() && update.is_nan(), "{of_column}");
    }
}

#[test]
fn corrections_are_right_to_the_last_place() {
    assert_eq!(correction(0.75, 2), 0.4375);
    assert_eq!(correction(0.0, 3), 1.0);
    // For the float64 nearest to 0.999, from decimal arithmetic of 80 digits. One ulp of the power,
    // 2^-54, and half a one of the difference, 2^-54.
    let expected = 0.632_304_575_229_036_3;
    assert!((correction(0.999, 1000) - expected).abs() <= f64::EPSILON / 2.0);
    // Steps beyond i32, of which nothing of the zero at the beginning is left.
    assert_eq!(correction(0.999, 1 << 40), 1.0);
}

#[test]
fn a_gradient_without_observation_is_refused_by_name_before_anything_changes() {
    let other = LayerShape { name: "other".to_owned(), ..fc() };
    let mut adaact = AdaAct::new(HYPERPARAMETERS, vec![fc(), other]).unwrap();
    adaact.observe("fc", &array![4.0, 8.0, 1.0]);
    let mut now = parameters();
    let mut gradients = gradients();
    for name in ["other.weight", "other.bias"] {
        let twin = name.replace("other", "fc");
        now.insert(name.to_owned(), now[&twin].clone());
        gradients.insert(name.to_owned(), gradients[&twin].clone());
    }
    let (before, optimizer) = (now.clone(), adaact.clone());
    let error = adaact.step(&mut now, &gradients, &without_decay).unwrap_err();
    assert_eq!(error, Error::NeverObserved { layer: "other".to_owned() });
    assert_eq!((now, adaact), (before, optimizer));
}

#[test]
fn steps_that_do_not_fit_are_refused_before_anything_changes() {
    let refused = |change: &dyn Fn(&mut TensorMap), rates: &dyn Fn(&str) -> Rates| {
        let mut adaact = adaact();
        adaact.observe("fc", &array![4.0, 8.0, 1.0]);
        let (mut now, mut gradients) = (parameters(), gradients());
        change(&mut gradients);
        let optimizer = adaact.clone();
        let error = adaact.step(&mut now, &gradients, rates).unwrap_err();
        assert_eq!((now, adaact), (parameters(), optimizer));
        error.to_string()
    };
    let nothing = |_: &mut TensorMap| {};

    // S18, and the value is named.
    assert_eq!(
        refused(&nothing, &|name| match name {
            "fc.weight" => Rates { lr: -0.5, weight_decay: 0.0 },
            _ => without_decay(name),
        }),
        "`lr` of parameter `fc.weight` is -0.5; it must be finite and at least 0"
    );
    assert_eq!(
        refused(&nothing, &|_| Rates { lr: 0.5, weight_decay: f64::NAN }),
        "`weight_decay` of parameter `fc.bias` is NaN; it must be finite and at least 0"
    );
    let drop_bias = |gradients: &mut TensorMap| drop(gradients.remove("fc.bias"));
    assert_eq!(
        refused(&drop_bias, &without_decay),
        "layer `fc` has a gradient, but none for its parameter `fc.bias`"
    );
    let drop_weight = |gradients: &mut TensorMap| drop(gradients.remove("fc.weight"));
    assert_eq!(
        refused(&drop_weight, &without_decay),
        "layer `fc` has a gradient, but none for its parameter `fc.weight`"
    );
    let stray = |gradients: &mut TensorMap| {
        gradients.insert("fc2.weight".to_owned(), array![1.0].into_dyn());
    };
    assert_eq!(
        refused(&stray, &without_decay),
        "a gradient is named `fc2.weight`, but no parameter is"
    );
    let transposed = |gradients: &mut TensorMap| {
        gradients.insert("fc.weight".to_owned(), ArrayD::zeros(vec![2, 1, 2]));
    };
    assert_eq!(
        refused(&transposed, &without_decay),
        "`fc.weight` has shape [2, 1, 2]; [2, 2] was expected"
    );
}

#[test]
fn parameters_that_do_not_fit_their_layer_are_refused() {
    let refused = |parameters: TensorMap, columns: usize| {
        let shape = LayerShape { columns, ..fc() };
        let mut adaact = AdaAct::new(HYPERPARAMETERS, vec![shape]).unwrap();
        adaact.observe("fc", &Array1::from_elem(columns, 4.0));
        let (mut now, gradients) = (parameters.clone(), parameters);
        adaact.step(&mut now, &gradients, &without_decay).unwrap_err().to_string()
    };
    assert_eq!(refused(parameters(), 4), "`fc.weight` has shape [2, 2]; [2, 3] was expected");
    for shape in [&[2, 1][..], &[3]] {
        let mut parameters = parameters();
        parameters.insert("fc.bias".to_owned(), ArrayD::ones(shape));
        let error = format!("`fc.bias` has shape {shape:?}; [2] was expected");
        assert_eq!(refused(parameters, 3), error);
    }
}

#[test]
fn hyperparameters_are_refused_with_name_and_value() {
    let new = |betas, eps| AdaAct::new(Hyperparameters { betas, eps }, vec![fc()]);
    assert!(new([0.0, 0.0], 0.0).is_ok());
    for (betas, eps, text) in [
        ([1.0, 0.5], 0.1, "`beta1` is 1; it must be in [0, 1)"),
        ([0.5, -0.1], 0.1, "`beta2` is -0.1; it must be in [0, 1)"),
        ([f64::NAN, 0.5], 0.1, "`beta1` is NaN; it must be in [0, 1)"),
        ([0.9, 0.5], -1e-8, "`eps` is -0.00000001; it must be finite and at least 0"),
        ([0.9, 0.5], f64::INFINITY, "`eps` is inf; it must be finite and at least 0"),
    ] {
        assert_eq!(new(betas, eps).unwrap_err().to_string(), text);
    }
}

#[test]
fn layers_that_cannot_be_are_refused() {
    let new = |layers| AdaAct::new(HYPERPARAMETERS, layers).unwrap_err().to_string();
    assert_eq!(new(vec![fc(), fc()]), "layer `fc` comes twice");
    for (shape, text) in [
        (
            LayerShape { groups: 3, ..fc() },
            "layer `fc` cannot have 2 outputs of 3 columns in 3 groups",
        ),
        (
            LayerShape { columns: 1, ..fc() }, // that of the bias
            "layer `fc` cannot have 2 outputs of 1 columns in 1 groups",
        ),
    ] {
        assert_eq!(new(vec![shape]), text);
    }
}

/// A state after one step, for the tests below.
fn state() -> State {
    let mut adaact = adaact();
    adaact.observe("fc", &array![4.0, 8.0, 1.0]);
    adaact.step(&mut parameters(), &gradients(), &without_decay).unwrap();
    adaact.state()
}

#[test]
fn states_that_do_not_fit_are_refused_by_name() {
    let refused = |change: &dyn Fn(&mut State)| {
        let mut state = state();
        change(&mut state);
        AdaAct::restore(HYPERPARAMETERS, vec![fc()], &state).unwrap_err().to_string()
    };
    let lost = |state: &mut State| state.layers.clear();
    assert_eq!(refused(&lost), "the state lacks layer `fc`");
    let renamed = |state: &mut State| {
        let layer = state.layers.remove("fc").unwrap();
        state.layers.insert("fc2".to_owned(), layer);
    };
    assert_eq!(refused(&renamed), "the state holds layer `fc2`, which the optimizer does not have");
    let short = |state: &mut State| {
        state.layers.get_mut("fc").unwrap().ema.pop();
    };
    assert_eq!(refused(&short), "`fc.ema` has shape [2]; [3] was expected");
    let transposed =
        |state: &mut State| state.layers.get_mut("fc").unwrap().momentum.shape.reverse();
    assert_eq!(refused(&transposed), "`fc.momentum` has shape [3, 2]; [2, 3] was expected");
    let early = |state: &mut State| state.step = 0;
    assert_eq!(refused(&early), "the state holds averages of layer `fc` at step 0");
}

#[test]
fn a_restored_layer_whose_average_is_zero_was_never_observed() {
    let mut state = state();
    assert_eq!(AdaAct::restore(HYPERPARAMETERS, vec![fc()], &state).unwrap().state(), state);
    state.layers.get_mut("fc").unwrap().ema.fill(0.0);
    let mut adaact = AdaAct::restore(HYPERPARAMETERS, vec![fc()], &state).unwrap();
    let error = adaact.step(&mut parameters(), &gradients(), &without_decay).unwrap_err();
    assert_eq!(error, Error::NeverObserved { layer: "fc".to_owned() });
}

#[test]
fn before_the_first_step_the_state_is_empty() {
    let mut adaact = adaact();
    adaact.observe("fc", &array![4.0, 8.0, 1.0]);
    assert_eq!(adaact.state(), State::default());
    let restored = AdaAct::restore(HYPERPARAMETERS, vec![fc()], &adaact.state()).unwrap();
    assert_eq!(restored, AdaAct::new(HYPERPARAMETERS, vec![fc()]).unwrap());
}
