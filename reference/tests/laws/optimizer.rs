//! Laws of the optimizer alone, fed with any observations and gradients.

use super::cases;
use ndarray::{Array1, ArrayD, Axis, IxDyn};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::distr::{Distribution, Uniform};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use reference::TensorMap;
use reference::adaact::{AdaAct, Hyperparameters, LayerShape, Rates, correction, scale};
use std::collections::BTreeMap;

/// Half an ulp of 1: what one rounding costs at most.
const U: f64 = f64::EPSILON / 2.0;

fn random(shape: &[usize], rng: &mut ChaCha8Rng) -> ArrayD<f64> {
    let uniform = Uniform::new(-2.0, 2.0).unwrap();
    ArrayD::from_shape_simple_fn(IxDyn(shape), || uniform.sample(rng))
}

/// A mean square: positive, of magnitudes from 1e-3 to 1e3.
fn mean_square(len: usize, rng: &mut ChaCha8Rng) -> Array1<f64> {
    let exponent = Uniform::new(-3.0, 3.0).unwrap();
    Array1::from_shape_simple_fn(len, || 10_f64.powf(exponent.sample(rng)))
}

fn any_hyperparameters() -> impl Strategy<Value = Hyperparameters> {
    (0.0..0.99, 0.0..0.999, 1e-8..0.1_f64)
        .prop_map(|(beta1, beta2, eps)| Hyperparameters { betas: [beta1, beta2], eps })
}

fn any_rates() -> impl Strategy<Value = Rates> {
    (0.001..0.5, 0.001..0.5).prop_map(|(lr, weight_decay)| Rates { lr, weight_decay })
}

/// A layer with a weight `[out, in, 2]`, in up to three groups.
fn any_layer() -> impl Strategy<Value = LayerShape> {
    (1..4_usize, 1..4_usize, 1..5_usize, any::<bool>()).prop_map(
        |(groups, outputs, inputs, bias)| {
            let columns = 2 * inputs + usize::from(bias);
            LayerShape { name: "layer".to_owned(), out: groups * outputs, columns, groups, bias }
        },
    )
}

/// Values for all parameters of a layer.
fn tensors(layer: &LayerShape, rng: &mut ChaCha8Rng) -> TensorMap {
    let inputs = layer.columns / 2;
    let mut tensors = TensorMap::new();
    tensors.insert(format!("{}.weight", layer.name), random(&[layer.out, inputs, 2], rng));
    if layer.bias {
        tensors.insert(format!("{}.bias", layer.name), random(&[layer.out], rng));
    }
    tensors
}

proptest! {
    #![proptest_config(cases(256))]

    /// From one order of the inputs to another: `V`, `M`, `s`, `U` and the weights follow, to the
    /// bit.
    #[test]
    fn permuted_inputs_permute_state_and_update(
        layer in any_layer(),
        hyperparameters in any_hyperparameters(),
        rates in any_rates(),
        seed: u64,
    ) {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let inputs = layer.columns / 2; // of two values each
        let mut order: Vec<usize> = (0..inputs).collect();
        order.shuffle(rng);
        let columns: Vec<usize> = order
            .iter()
            .flat_map(|&input| [2 * input, 2 * input + 1])
            .chain(2 * inputs..layer.columns) // the bias stays
            .collect();
        let permute_row = |values: &Array1<f64>| {
            let rows = values.to_shape((layer.groups, layer.columns)).unwrap();
            rows.select(Axis(1), &columns).flatten().into_owned()
        };
        let permute = |tensors: &TensorMap| {
            let mut tensors = tensors.clone();
            let weight = tensors.get_mut("layer.weight").unwrap();
            *weight = weight.select(Axis(1), &order);
            tensors
        };

        let mut straight = AdaAct::new(hyperparameters, vec![layer.clone()]).unwrap();
        let mut permuted = straight.clone();
        let mut parameters = tensors(&layer, rng);
        let mut permuted_parameters = permute(&parameters);
        for _ in 0..3 {
            let a = mean_square(layer.groups * layer.columns, rng);
            straight.observe("layer", &a);
            permuted.observe("layer", &permute_row(&a));
            prop_assert_eq!(
                permute_row(&straight.ema("layer").to_owned()),
                permuted.ema("layer").to_owned()
            );

            let g = tensors(&layer, rng);
            let stages = straight.step(&mut parameters, &g, &|_| rates).unwrap();
            let permuted_stages =
                permuted.step(&mut permuted_parameters, &permute(&g), &|_| rates).unwrap();
            let (stages, permuted_stages) = (&stages["layer"], &permuted_stages["layer"]);
            prop_assert_eq!(permute_row(&stages.scale), &permuted_stages.scale);
            prop_assert_eq!(stages.momentum.select(Axis(1), &columns), &permuted_stages.momentum);
            prop_assert_eq!(stages.update.select(Axis(1), &columns), &permuted_stages.update);
            prop_assert_eq!(&permute(&parameters), &permuted_parameters);
        }
    }

    /// The same `A` again and again makes `V̂ = A`.
    ///
    /// Every `V ← β·V + (1 − β)·A` rounds three times: by `2u·V` in all, and by `u·(1 − β)·A ≤ u·V`
    /// more where `1 − β` is not exact. An error fades by `β` with every step, so `V` is off by
    /// `3u/(1 − β)` of itself; `1 − βᵗ` by `2u·β/(1 − β) + u`, and the quotient by `u` more:
    /// `5u/(1 − β)` together. For `β ≤ 1/5` these are 4 ulp; for `β = 0.999` several hundred were
    /// seen.
    #[test]
    fn constant_inputs_make_the_average_exact(
        beta in prop_oneof![0.0..0.2, 0.2..0.9, Just(0.99), Just(0.999), Just(0.9999)],
        steps in 1..3000_usize,
        seed: u64,
    ) {
        let layer = LayerShape { name: "fc".to_owned(), out: 1, columns: 3, groups: 1, bias: true };
        let a = mean_square(3, &mut ChaCha8Rng::seed_from_u64(seed));
        let hyperparameters = Hyperparameters { betas: [0.5, beta], eps: 1e-8 };
        let mut adaact = AdaAct::new(hyperparameters, vec![layer]).unwrap();
        for _ in 0..steps {
            adaact.observe("fc", &a);
            // Nothing has a gradient: the step only counts (S15).
            adaact.step(&mut TensorMap::new(), &TensorMap::new(), &|_| unreachable!()).unwrap();
            let v_hat = &adaact.ema("fc") / correction(beta, adaact.steps());
            for (v_hat, a) in v_hat.iter().zip(&a) {
                let error = (v_hat / a - 1.0).abs();
                // The quotient that measures it rounds too.
                prop_assert!(error <= 5.0 * U / (1.0 - beta) + U, "t = {}: {error:e}", adaact.steps());
            }
        }
    }

    /// From `M = 0`, gradients of 0 leave `θ·(1 − η·λ)ᵗ`, to the bit, and `M = 0`.
    #[test]
    fn zero_gradients_leave_geometric_decay(
        layer in any_layer(),
        hyperparameters in any_hyperparameters(),
        rates in any_rates(),
        steps in 1..20_usize,
        seed: u64,
    ) {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut adaact = AdaAct::new(hyperparameters, vec![layer.clone()]).unwrap();
        let mut parameters = tensors(&layer, rng);
        let mut expected = parameters.clone();
        let zero = parameters.iter().map(|(name, x)| (name.clone(), x * 0.0)).collect();
        for _ in 0..steps {
            adaact.observe("layer", &mean_square(layer.groups * layer.columns, rng));
            let stages = adaact.step(&mut parameters, &zero, &|_| rates).unwrap();
            prop_assert!(stages["layer"].momentum.iter().all(|&m| m == 0.0));
            expected.values_mut().for_each(|x| *x *= 1.0 - rates.lr * rates.weight_decay);
            prop_assert_eq!(&parameters, &expected);
        }
    }

    /// `ε` lies outside the root: what it adds to `1/s` does not depend on `V` (S8).
    #[test]
    fn eps_is_added_to_the_root(
        hyperparameters in any_hyperparameters(),
        more in 0.01..1.0_f64,
        t in 1..1000_u64,
        seed: u64,
    ) {
        let v = mean_square(5, &mut ChaCha8Rng::seed_from_u64(seed));
        let damped = Hyperparameters { eps: hyperparameters.eps + more, ..hyperparameters };
        let added = 1.0 / scale(&v, t, &damped) - 1.0 / scale(&v, t, &hyperparameters);
        let largest = 1.0 / scale(&v, t, &damped);
        for (added, largest) in added.iter().zip(&largest) {
            // Either reciprocal rounds three times, the differences and `ε` once more.
            prop_assert!((added - more).abs() <= 8.0 * U * (largest + more), "{added} is not {more}");
        }
    }

    /// Layers and plain parameters without a gradient are left alone, whatever the others do; `V`
    /// and `t` go on (S15). What has a gradient does not notice.
    #[test]
    fn absent_gradients_leave_all_but_the_count_alone(
        present in prop::collection::vec(any::<bool>(), 4),
        hyperparameters in any_hyperparameters(),
        rates in any_rates(),
        seed: u64,
    ) {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let layers: Vec<LayerShape> = ["a", "b", "c"]
            .into_iter()
            .zip([3, 4, 5])
            .map(|(name, columns)| LayerShape {
                name: name.to_owned(),
                out: 2,
                columns,
                groups: 1,
                bias: columns % 2 == 1,
            })
            .collect();
        let mut adaact = AdaAct::new(hyperparameters, layers.clone()).unwrap();
        let mut parameters = TensorMap::from([("d".to_owned(), random(&[3], rng))]);
        let mut gradients = TensorMap::from([("d".to_owned(), random(&[3], rng))]);
        for layer in &layers {
            parameters.append(&mut tensors(layer, rng));
            gradients.append(&mut tensors(layer, rng));
        }
        let observe = |adaact: &mut AdaAct, rng: &mut ChaCha8Rng| {
            for layer in &layers {
                adaact.observe(&layer.name, &mean_square(layer.columns, rng));
            }
        };
        observe(&mut adaact, rng);
        adaact.step(&mut parameters, &gradients, &|_| rates).unwrap();
        observe(&mut adaact, rng);

        let is_present: BTreeMap<&str, bool> = ["a", "b", "c", "d"].into_iter().zip(present).collect();
        let owner = |parameter: &str| is_present[&parameter[..1]];
        let (mut whole, mut partial) = (adaact.clone(), adaact.clone());
        let (mut all, mut some) = (parameters.clone(), parameters.clone());
        whole.step(&mut all, &gradients, &|_| rates).unwrap();
        gradients.retain(|name, _| owner(name));
        partial.step(&mut some, &gradients, &|_| rates).unwrap();

        for (name, parameter) in &some {
            let expected = if owner(name) { &all[name] } else { &parameters[name] };
            prop_assert_eq!(parameter, expected, "{}", name);
        }
        let (before, whole, partial) = (adaact.state(), whole.state(), partial.state());
        prop_assert_eq!(partial.step, 2);
        for (name, layer) in &partial.layers {
            let expected = if owner(name) { &whole } else { &before };
            prop_assert_eq!(layer, &expected.layers[name], "{}", name);
        }
    }
}
