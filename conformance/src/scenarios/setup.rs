//! The model that scenarios train, with its hyperparameters.

use fixtures::{Layer, LayerNorm, Linear, Optimizer, Tensor, Tensors, model};

/// Gradients by the full name of their parameter; all others are absent.
pub type Gradients<'a> = &'a [(&'static str, &'a [f64])];

/// What `body` observes in the first step.
pub const A1_BODY: [f64; 2] = [0.5625, 3.0625];
/// What `head` observes in the first step.
pub const A1_HEAD: [f64; 2] = [0.0625, 1.0];

/// The gradients of the first step, all of them.
pub const FIRST: Gradients = &[
    ("body.weight", &[2.0, 4.0]),
    ("norm.weight", &[2.0]),
    ("norm.bias", &[-4.0]),
    ("head.weight", &[1.0, 2.0, -1.0]),
    ("head.bias", &[5.0, -5.0, 10.0]),
];

/// What a script starts from.
///
/// The default is two linear layers and a normalisation: `body`, 2 → 1 without a bias; `norm`; and
/// `head`, 1 → 3 with a bias. With it,
///
/// ```text
/// β1 = 1/2, β2 = 3/4, ε = 1/4, η = 1/2, λ = 1/4;  so 1 − η·λ = 7/8
/// t          1     2      3
/// 1 − β1ᵗ    1/2   3/4    7/8
/// 1 − β2ᵗ    1/4   7/16   37/64
/// √V̂        1/4   3/4    7/4    (which scripts arrange)
/// s          2     1      1/2
/// ```
#[derive(Clone, Debug)]
pub struct Setup {
    /// The layers; of the preconditioned ones, linear layers alone.
    pub model: Vec<Layer>,
    /// Initial values by full name.
    pub parameters: Tensors,
    /// Full names of the parameters that are not trained.
    pub frozen: Vec<&'static str>,
    /// Hyperparameters and groups, valid or not.
    pub optimizer: Optimizer,
}

impl Default for Setup {
    fn default() -> Self {
        let linear = |name: &str, in_features, out_features, bias| {
            Layer::Linear(Linear { name: name.to_owned(), in_features, out_features, bias })
        };
        let norm = LayerNorm { name: "norm".to_owned(), features: 1, eps: 0.5 };
        let tensor = |name: &str, shape: &[usize], data: &[f64]| {
            (name.to_owned(), Tensor::new(shape, data.to_vec()))
        };
        Self {
            model: vec![
                linear("body", 2, 1, false),
                Layer::LayerNorm(norm),
                linear("head", 1, 3, true),
            ],
            parameters: Tensors::from([
                tensor("body.weight", &[1, 2], &[2.0, -4.0]),
                tensor("norm.weight", &[1], &[1.0]),
                tensor("norm.bias", &[1], &[-2.0]),
                tensor("head.weight", &[3, 1], &[1.0, -2.0, 4.0]),
                tensor("head.bias", &[3], &[2.0, -4.0, 8.0]),
            ]),
            frozen: Vec::new(),
            optimizer: Optimizer {
                lr: 0.5,
                betas: [0.5, 0.75],
                eps: 0.25,
                weight_decay: 0.25,
                groups: Vec::new(),
            },
        }
    }
}

impl Setup {
    /// The default, with parameters that are not trained.
    #[must_use]
    pub fn with_frozen(frozen: &[&'static str]) -> Self {
        Self { frozen: frozen.to_vec(), ..Self::default() }
    }

    /// The default, with other hyperparameters.
    #[must_use]
    pub fn with(change: impl FnOnce(&mut Optimizer)) -> Self {
        let mut setup = Self::default();
        change(&mut setup.optimizer);
        setup
    }

    /// The model as an optimizer sees it that is told of trained parameters alone (S1): without the
    /// layers of a frozen weight, and layers with a frozen bias as layers without one.
    #[must_use]
    pub fn trained(&self) -> Vec<Layer> {
        let frozen = |name: &str, kind| self.frozen.contains(&model::join(name, kind).as_str());
        let trained = |layer: &Layer| match layer {
            Layer::Linear(l) if frozen(&l.name, "weight") => None,
            Layer::Linear(l) => {
                let bias = l.bias && !frozen(&l.name, "bias");
                Some(Layer::Linear(Linear { bias, ..l.clone() }))
            }
            layer => Some(layer.clone()),
        };
        self.model.iter().filter_map(trained).collect()
    }
}
