//! Every layer's backward, and the losses', against central differences.

use crate::common::{
    batch_norm2d, buffers, concat, conv2d, layer_norm, linear, normal, parameters, residual,
    subsample_pad2d,
};
use fixtures::{Conv2d, Layer, Loss, Mode, Target, Tensor};
use ndarray::ArrayD;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use reference::{Activations, Network, TensorMap};

const SEEDS: [u64; 3] = [11, 12, 13];

/// The derivative of `f` at 0 by central differences, and what it can be off by.
struct Slope {
    value: f64,
    tolerance: f64,
}

/// `size` is what the values that make up `f` add up to without their signs.
///
/// With the step `h ≈ ∛ε` the truncation `h²·f'''/6` and the rounding `ε·size/h` are of one order,
/// 4e-11. The first is measured: the difference with `2h` is four times as far off, so the two
/// disagree by three times the truncation, all of which is allowed. For the second, a value of a
/// network this deep may have lost 16 ε. A kink between `−2h` and `2h` would let the two disagree
/// at will; then the test says so instead of passing.
fn slope(size: f64, mut f: impl FnMut(f64) -> f64) -> Slope {
    let h = f64::EPSILON.cbrt();
    let mut central = |h: f64| (f(h) - f(-h)) / (2.0 * h);
    let (value, twice) = (central(h), central(2.0 * h));
    let disagreement = (value - twice).abs();
    assert!(disagreement <= 1e-7 * size, "not smooth: {value} and {twice}; take another seed");
    Slope { value, tolerance: disagreement + 16.0 * f64::EPSILON * size / h }
}

/// A network and a linear function of its output, whose derivatives are those of the backward.
struct Check {
    network: Network,
    parameters: TensorMap,
    buffers: TensorMap,
    input: ArrayD<f64>,
    d_output: ArrayD<f64>,
}

impl Check {
    fn new(model: &[Layer], input: &[usize], seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let network = Network::new(model);
        let (parameters, buffers) = (parameters(&mut rng, model), buffers(model));
        let input = normal(&mut rng, input);
        let mut check =
            Self { network, parameters, buffers, input, d_output: normal(&mut rng, &[]) };
        check.d_output = normal(&mut rng, check.output().shape());
        check
    }

    fn output(&self) -> Activations {
        let input = self.input.to_shared();
        self.network.forward(&self.parameters, &mut self.buffers.clone(), input, Mode::Train).output
    }

    /// `Σ d_output · output`.
    fn value(&self) -> f64 {
        (&self.d_output * &self.output()).sum()
    }

    fn size(&self) -> f64 {
        let largest = self.output().iter().fold(1.0, |max: f64, y| max.max(y.abs()));
        self.d_output.iter().map(|d| d.abs()).sum::<f64>() * largest
    }

    fn backward(&self) -> (TensorMap, Activations) {
        let mut gradients = TensorMap::new();
        let (input, d_output) = (self.input.to_shared(), self.d_output.clone());
        let mut buffers = self.buffers.clone();
        let pass = self.network.forward(&self.parameters, &mut buffers, input, Mode::Train);
        let d_input =
            self.network.backward_to_input(&self.parameters, pass, d_output, &mut gradients);
        (gradients, d_input)
    }

    /// Compares all derivatives; `place` finds the array that each belongs to.
    fn derivatives(
        &mut self,
        what: &str,
        analytic: &ArrayD<f64>,
        place: impl Fn(&mut Self) -> &mut ArrayD<f64>,
    ) {
        assert_eq!(analytic.shape(), place(self).shape(), "{what}");
        let size = self.size();
        for (i, &analytic) in analytic.iter().enumerate() {
            let start = place(self).as_slice().unwrap()[i];
            let Slope { value, tolerance } = slope(size, |h| {
                place(self).as_slice_mut().unwrap()[i] = start + h;
                self.value()
            });
            place(self).as_slice_mut().unwrap()[i] = start;
            assert!(
                (analytic - value).abs() <= tolerance,
                "{what}[{i}]: {analytic} by backward, {value} ± {tolerance:e} by differences"
            );
        }
    }
}

fn check(model: &[Layer], input: &[usize]) {
    for seed in SEEDS {
        let mut check = Check::new(model, input, seed);
        let (gradients, d_input) = check.backward();
        let of = |what: &str| format!("seed {seed}, {what} of {model:?}");
        check.derivatives(&of("input"), &d_input.to_owned(), |check| &mut check.input);
        assert!(gradients.keys().eq(check.parameters.keys()), "{}", of("names"));
        for (name, gradient) in &gradients {
            check.derivatives(&of(name), gradient, |check| check.parameters.get_mut(name).unwrap());
        }
    }
}

#[test]
fn linear_layers() {
    check(&[linear("fc", [3, 5], true)], &[4, 3]);
    check(&[linear("fc", [5, 2], false)], &[2, 3, 5]);
}

#[test]
fn convolutions() {
    let plain = conv2d("conv", [3, 4]);
    for layer in [
        Conv2d { bias: true, ..plain.clone() },
        Conv2d { kernel: [1, 1], padding: [0, 0], ..plain.clone() },
        Conv2d { kernel: [3, 2], stride: [2, 1], padding: [0, 1], ..plain.clone() },
        Conv2d { kernel: [2, 3], dilation: [3, 1], padding: [1, 0], ..plain.clone() },
        Conv2d { kernel: [1, 1], stride: [2, 3], padding: [2, 1], ..plain.clone() },
        Conv2d { in_channels: 6, groups: 2, bias: true, ..plain.clone() },
        Conv2d { in_channels: 4, groups: 4, stride: [1, 2], dilation: [2, 1], ..plain.clone() },
    ] {
        let input = [2, layer.in_channels, 5, 4];
        check(&[Layer::Conv2d(layer)], &input);
    }
}

#[test]
fn normalisations() {
    check(&[batch_norm2d("bn", 3)], &[4, 3, 2, 3]);
    check(&[layer_norm("ln", 5)], &[2, 3, 5]);
}

#[test]
fn activations() {
    for activation in [Layer::Relu, Layer::Tanh, Layer::Gelu] {
        check(&[activation], &[3, 7]);
    }
}

#[test]
fn pools() {
    for kernel in [1, 2, 3] {
        check(&[Layer::AvgPool2d { kernel }], &[2, 3, 5, 7]);
        check(&[Layer::MaxPool2d { kernel }], &[2, 3, 5, 7]);
    }
    check(&[Layer::GlobalAvgPool2d], &[2, 3, 5, 2]);
    check(&[Layer::MeanTokens], &[2, 3, 5]);
    check(&[Layer::Flatten, linear("fc", [12, 2], true)], &[3, 2, 3, 2]);
}

#[test]
fn residuals() {
    let conv = |name: &str, channels| Layer::Conv2d(conv2d(name, channels));
    let body = |out| vec![conv("conv1", [2, 3]), Layer::Tanh, conv("conv2", [3, out])];
    check(&[residual("block", body(2), None)], &[2, 2, 3, 4]);

    let strided = Conv2d { stride: [2, 1], bias: true, ..conv2d("conv", [2, 5]) };
    let body = vec![Layer::Conv2d(strided.clone()), Layer::Relu];
    let projection = Conv2d { kernel: [1, 1], padding: [0, 0], ..strided };
    let shortcut = vec![Layer::Conv2d(projection), batch_norm2d("bn", 5)];
    check(&[residual("block", body.clone(), Some(shortcut))], &[2, 2, 5, 3]);
    check(&[residual("block", body, Some(vec![subsample_pad2d([2, 1], 1, 2)]))], &[2, 2, 5, 3]);

    // Both branches hand on what they were given.
    check(&[residual("twice", vec![], None)], &[2, 3]);
    check(&[Layer::Tanh, residual("relu", vec![Layer::Relu], None), Layer::Tanh], &[2, 3]);
}

#[test]
fn concatenations() {
    let body = vec![batch_norm2d("bn", 2), Layer::Tanh, Layer::Conv2d(conv2d("conv", [2, 3]))];
    check(&[concat("dense", body)], &[2, 2, 3, 4]);
    check(&[concat("dense", vec![linear("fc", [3, 3], true)]), Layer::Gelu], &[2, 5, 3]);
}

#[test]
fn subsampling() {
    check(&[subsample_pad2d([2, 3], 2, 1)], &[2, 3, 5, 7]);
}

#[test]
fn shared_layers() {
    let again = || Layer::Shared { of: "again".to_owned() };
    check(&[linear("again", [3, 3], true), Layer::Tanh, again(), Layer::Tanh, again()], &[4, 3]);
    let conv = Layer::Conv2d(Conv2d { groups: 2, bias: true, ..conv2d("again", [2, 2]) });
    check(&[residual("block", vec![conv, Layer::Tanh, again()], None)], &[2, 2, 3, 4]);
}

#[test]
fn gradients_of_several_passes_add_up() {
    let model = [Layer::Conv2d(Conv2d { bias: true, ..conv2d("conv", [2, 3]) })];
    let check = Check::new(&model, &[2, 2, 3, 4], SEEDS[0]);
    let (once, _) = check.backward();
    let mut twice = TensorMap::new();
    for _ in 0..2 {
        let (input, d_output) = (check.input.to_shared(), check.d_output.clone());
        let mut buffers = check.buffers.clone();
        let pass = check.network.forward(&check.parameters, &mut buffers, input, Mode::Train);
        check.network.backward(&check.parameters, pass, d_output, &mut twice);
    }
    for (name, twice) in twice {
        // 2·x is exact. The weight's gradient is summed in another order where the gradient of the
        // input is not asked for: 24 products of about 1, each sum within 24 ε.
        let difference = (&once[&name] * 2.0 - twice).fold(0.0, |max: f64, d| max.max(d.abs()));
        assert!(difference <= 24.0 * 24.0 * f64::EPSILON, "{name}: {difference:e}");
    }
}

#[test]
fn losses() {
    let classes = Target::Classes(vec![2, 0, 4, 2]);
    for seed in SEEDS {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let output = normal(&mut rng, &[4, 5]);
        let values = Tensor::new([4, 5], normal(&mut rng, &[4, 5]).into_iter().collect());
        for (loss, target) in [
            (Loss::CrossEntropy { label_smoothing: 0.0 }, &classes),
            (Loss::CrossEntropy { label_smoothing: 0.3 }, &classes),
            (Loss::CrossEntropy { label_smoothing: 1.0 }, &classes),
            (Loss::MeanSquaredError, &Target::Values(values)),
        ] {
            let (size, gradient) = reference::loss(loss, &output.to_shared(), target);
            for (i, &analytic) in gradient.iter().enumerate() {
                let Slope { value, tolerance } = slope(size, |h| {
                    let mut output = output.clone();
                    output.as_slice_mut().unwrap()[i] += h;
                    reference::loss(loss, &output.into_shared(), target).0
                });
                assert!(
                    (analytic - value).abs() <= tolerance,
                    "seed {seed}, {loss:?}, output {i}: {analytic}, {value} ± {tolerance:e}"
                );
            }
        }
    }
}
