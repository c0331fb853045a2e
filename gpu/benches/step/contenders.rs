//! What runs against what. All train the same network from the same start, on the same batches,
//! and clear gradients alike.

use crate::resnet20;
use fixtures::model::{PreconditionedLayer, preconditioned};
use gpu::{AdaAct, Hyperparameters, Network, Observer, Rates, Unobserved};
use std::time::{Duration, Instant};
use tch::nn::{self, OptimizerConfig};
use tch::{Device, Kind, Reduction, Tensor};

/// Small, so that the batches are not learnt by heart while the clock runs: vanishing gradients
/// are slow to compute with.
const LR: f64 = 1e-3;

/// A network with the optimizer that trains it, and the times of its steps.
pub struct Contender {
    pub name: &'static str,
    pub times: Vec<Times>,
    network: Network,
    optimizer: Optimizer,
}

enum Optimizer {
    /// tch's own: libtorch's C++ code.
    Torch(nn::Optimizer),
    AdaAct(AdaAct),
    /// The same with `A` computed from patches.
    Patches(AdaAct, Vec<PreconditionedLayer<'static>>),
}

/// Where the time of one step went.
#[derive(Clone, Copy)]
pub struct Times {
    pub step: Duration,
    /// Of it, in the observer.
    pub observing: Duration,
    /// Of it, in the optimizer after backward.
    pub updating: Duration,
}

/// Images and classes drawn at random.
pub struct Batch {
    images: Tensor,
    classes: Tensor,
}

impl Batch {
    /// A few batches of the CIFAR-10 shape.
    pub fn several(size: i64, kind: Kind) -> Vec<Self> {
        tch::manual_seed(1);
        let images = || Tensor::randn([size, 3, 32, 32], (kind, Device::Cpu));
        let classes = || Tensor::randint(10, [size], (Kind::Int64, Device::Cpu));
        (0..4).map(|_| Self { images: images(), classes: classes() }).collect()
    }
}

impl Contender {
    /// Every contender; the first is what the others are compared with.
    pub fn all(kind: Kind) -> Vec<Self> {
        let torch = |name, build: &dyn Fn(&nn::VarStore) -> nn::Optimizer| {
            Self::new(name, kind, |store, _| Optimizer::Torch(build(store)))
        };
        let sgd = |store: &nn::VarStore| nn::sgd(0.9, 0.0, 5e-4, false).build(store, LR).unwrap();
        let adamw = |store: &nn::VarStore| nn::adamw(0.9, 0.999, 0.5).build(store, LR).unwrap();
        let adaact = |network: &Network| AdaAct::new(network, Hyperparameters::default()).unwrap();
        vec![
            torch("SGD + momentum", &sgd),
            torch("SGD + momentum, again", &sgd),
            Self::new("AdaAct", kind, |_, network| Optimizer::AdaAct(adaact(network))),
            Self::new("AdaAct from patches", kind, |_, network| {
                let layers = preconditioned(&resnet20::MODEL).iter().map(|l| l.layer).collect();
                Optimizer::Patches(adaact(network), layers)
            }),
            torch("AdamW", &adamw),
        ]
    }

    fn new(
        name: &'static str,
        kind: Kind,
        optimizer: impl FnOnce(&nn::VarStore, &Network) -> Optimizer,
    ) -> Self {
        tch::manual_seed(2);
        let (store, network) = resnet20::network(kind);
        let optimizer = optimizer(&store, &network);
        Self { name, times: vec![], network, optimizer }
    }

    /// Whether this is the textbook's variant.
    pub fn is_from_patches(&self) -> bool {
        matches!(self.optimizer, Optimizer::Patches(..))
    }

    /// Forward, backward, update.
    pub fn step(&mut self, batch: &Batch) -> Times {
        let start = Instant::now();
        self.network.clear_gradients();
        let mut observer = match &mut self.optimizer {
            Optimizer::Torch(_) => Timed::new(Unobserved),
            Optimizer::AdaAct(adaact) => Timed::new(adaact),
            Optimizer::Patches(adaact, layers) => Timed::new(Patches { adaact, layers }),
        };
        let logits = self.network.train(&batch.images, &mut observer);
        let observing = observer.spent;
        drop(observer);
        let weight = None::<&Tensor>;
        logits.cross_entropy_loss(&batch.classes, weight, Reduction::Mean, -1, 0.0).backward();
        let update = Instant::now();
        match &mut self.optimizer {
            Optimizer::Torch(torch) => torch.step(),
            Optimizer::AdaAct(adaact) | Optimizer::Patches(adaact, _) => {
                adaact.step(|_| Rates { lr: LR, weight_decay: 2e-3 }).unwrap();
            }
        }
        Times { step: start.elapsed(), observing, updating: update.elapsed() }
    }
}

struct Timed<'o> {
    observer: Box<dyn Observer + 'o>,
    spent: Duration,
}

impl<'o> Timed<'o> {
    fn new(observer: impl Observer + 'o) -> Self {
        Self { observer: Box::new(observer), spent: Duration::ZERO }
    }
}

impl Observer for Timed<'_> {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        let start = Instant::now();
        self.observer.observe(layer, input);
        self.spent += start.elapsed();
    }
}

/// `A` as the definition has it (S4): every window becomes a row, then the mean of squared rows.
struct Patches<'a> {
    adaact: &'a mut AdaAct,
    layers: &'a [PreconditionedLayer<'static>],
}

impl Observer for Patches<'_> {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        let a = match self.layers[layer] {
            PreconditionedLayer::Linear(l) => {
                assert!(l.bias, "the head has one");
                mean_square(&Tensor::cat(&[input, &input.ones_like().narrow(1, 0, 1)], 1))
            }
            PreconditionedLayer::Conv2d(l) => {
                let pair = |extents: [usize; 2]| extents.map(|n| n as i64);
                // [B, C, H, W] → [B, columns, windows] → [B·windows, columns]
                let patches =
                    input.im2col(pair(l.kernel), pair(l.dilation), pair(l.padding), pair(l.stride));
                mean_square(&patches.transpose(1, 2).flatten(0, 1))
            }
        };
        self.adaact.average(layer, &a.unsqueeze(0));
    }
}

fn mean_square(rows: &Tensor) -> Tensor {
    rows.square().mean_dim([0].as_slice(), false, None::<Kind>)
}
