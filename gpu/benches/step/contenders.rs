//! What runs against what. All train the same network from the same start, on the same batches,
//! and clear gradients alike.

use crate::Place;
use fixtures::model::{self, PreconditionedLayer, preconditioned};
use fixtures::run::Model;
use gpu::baselines::{Adam, AdamHyperparameters, Decay, Sgd, SgdHyperparameters};
use gpu::{AdaAct, Hyperparameters, NamedTensors, Network, Observer, Rates, Unobserved};
use std::time::{Duration, Instant};
use tch::{Device, Kind, Reduction, Tensor};

const MODEL: Model = Model::Resnet20;
/// Small, so that the batches are not learnt by heart while the clock runs: vanishing gradients
/// are slow to compute with.
const LR: f64 = 1e-3;

/// A network with the optimizer that trains it, and the times of its turns.
pub struct Contender {
    pub name: &'static str,
    pub times: Vec<Times>,
    network: Network,
    optimizer: Optimizer,
}

enum Optimizer {
    Sgd(Sgd),
    Adam(Adam),
    AdaAct(AdaAct),
    /// The same with `A` computed from patches.
    Patches(AdaAct, Vec<PatchLayer>),
}

/// Where the time of one step went, on the average of a turn.
#[derive(Clone, Copy, Default)]
pub struct Times {
    pub step: Duration,
    /// Of it, in the observer. CUDA computes later than it is told to, so not known there.
    pub observing: Duration,
    /// Of it, in the optimizer after backward; as above.
    pub updating: Duration,
}

/// Images and classes drawn at random.
pub struct Batch {
    images: Tensor,
    classes: Tensor,
}

impl Batch {
    /// A few batches of the CIFAR-10 shape.
    pub fn several(size: i64, place: Place) -> Vec<Self> {
        tch::manual_seed(1);
        let batch = |_| {
            let images = Tensor::randn([size, 3, 32, 32], (Kind::Float, Device::Cpu));
            let images = images.to_kind(place.kind);
            let images = if place.channels_last { channels_last(&images) } else { images };
            let classes = Tensor::randint(10, [size], (Kind::Int64, Device::Cpu));
            Self {
                images: images.to_device(place.device),
                classes: classes.to_device(place.device),
            }
        };
        (0..4).map(batch).collect()
    }
}

/// The same images, pixel by pixel in memory.
fn channels_last(images: &Tensor) -> Tensor {
    images.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
}

impl Contender {
    /// Every contender; the first is what the others are compared with.
    pub fn all(place: Place) -> Vec<Self> {
        let sgd = |network: &Network| {
            let hyper = SgdHyperparameters { momentum: 0.9, nesterov: false, weight_decay: 5e-4 };
            Optimizer::Sgd(Sgd::new(network, hyper))
        };
        let adamw = |network: &Network| {
            let hyper = AdamHyperparameters {
                beta1: 0.9,
                beta2: 0.999,
                eps: 1e-8,
                weight_decay: 0.5,
                decay: Decay::Decoupled,
            };
            Optimizer::Adam(Adam::new(network, hyper))
        };
        let adaact = |network: &Network| {
            let hyper = Hyperparameters::default();
            AdaAct::new(network.preconditioned(), network.parameters(), hyper).unwrap()
        };
        vec![
            Self::new("SGD + momentum", place, sgd),
            Self::new("SGD + momentum, again", place, sgd),
            Self::new("AdaAct", place, |network| Optimizer::AdaAct(adaact(network))),
            Self::new("AdaAct from patches", place, |network| {
                let layers = MODEL.layers();
                let layers = preconditioned(&layers).into_iter();
                let layers = layers.map(|l| PatchLayer::of(&l.layer)).collect();
                Optimizer::Patches(adaact(network), layers)
            }),
            Self::new("AdamW", place, adamw),
        ]
    }

    fn new(
        name: &'static str,
        place: Place,
        optimizer: impl FnOnce(&Network) -> Optimizer,
    ) -> Self {
        let (parameters, buffers) = initial(place);
        let network = Network::new(&MODEL.layers(), parameters, buffers);
        let network = network.expect("made for these layers");
        let optimizer = optimizer(&network);
        Self { name, times: vec![], network, optimizer }
    }

    /// Whether this is the textbook's variant.
    pub fn is_from_patches(&self) -> bool {
        matches!(self.optimizer, Optimizer::Patches(..))
    }

    /// A turn of so many steps.
    pub fn turn(&mut self, batches: &[Batch], steps: u32, place: Place) -> Times {
        place.synchronize();
        let start = Instant::now();
        let mut times = Times::default();
        for batch in batches.iter().cycle().take(steps as usize) {
            let (observing, updating) = self.step(batch);
            times.observing += observing / steps;
            times.updating += updating / steps;
        }
        place.synchronize();
        times.step = start.elapsed() / steps;
        times
    }

    /// Forward, backward, update; the time in the observer, and in the update.
    fn step(&mut self, batch: &Batch) -> (Duration, Duration) {
        self.network.clear_gradients();
        let mut observer = match &mut self.optimizer {
            Optimizer::Sgd(_) | Optimizer::Adam(_) => Timed::new(Unobserved),
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
            Optimizer::Sgd(sgd) => sgd.step(LR),
            Optimizer::Adam(adam) => adam.step(LR),
            Optimizer::AdaAct(adaact) | Optimizer::Patches(adaact, _) => {
                adaact.step(|_| Rates { lr: LR, weight_decay: 2e-3 }).unwrap();
            }
        }
        (observing, update.elapsed())
    }
}

/// Parameters and buffers: weights from `N(0, 2/fan_in)`, the rest as normalisation leaves things.
fn initial(place: Place) -> (NamedTensors, NamedTensors) {
    let options = (place.kind, place.device);
    let fill = |name: &str, shape: &[usize]| {
        let is_one = name.ends_with("weight") || name.ends_with("running_var");
        Tensor::full(gpu::sizes(shape), if is_one { 1.0 } else { 0.0 }, options)
    };
    tch::manual_seed(2);
    let parameters = model::parameters(&MODEL.layers()).into_iter().map(|spec| {
        let mut tensor = fill(&spec.name, &spec.shape);
        if let [_, inputs @ ..] = &spec.shape[..]
            && !inputs.is_empty()
        {
            let fan_in: usize = inputs.iter().product();
            let _ = tensor.normal_(0.0, (2.0 / fan_in as f64).sqrt());
        }
        (spec.name, tensor.set_requires_grad(true))
    });
    let parameters = parameters.collect();
    let buffers = model::buffers(&MODEL.layers()).into_iter();
    (parameters, buffers.map(|spec| (spec.name.clone(), fill(&spec.name, &spec.shape))).collect())
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
    layers: &'a [PatchLayer],
}

/// How rows are read off a layer's input.
enum PatchLayer {
    /// Features and a 1 for the bias.
    Linear,
    Conv2d {
        kernel: [i64; 2],
        stride: [i64; 2],
        padding: [i64; 2],
        dilation: [i64; 2],
    },
}

impl PatchLayer {
    fn of(layer: &PreconditionedLayer) -> Self {
        match layer {
            PreconditionedLayer::Linear(l) => {
                assert!(l.bias, "the head has one");
                Self::Linear
            }
            PreconditionedLayer::Conv2d(l) => {
                let pair = |extents: [usize; 2]| extents.map(|n| n as i64);
                Self::Conv2d {
                    kernel: pair(l.kernel),
                    stride: pair(l.stride),
                    padding: pair(l.padding),
                    dilation: pair(l.dilation),
                }
            }
        }
    }
}

impl Observer for Patches<'_> {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        let a = match self.layers[layer] {
            PatchLayer::Linear => {
                mean_square(&Tensor::cat(&[input, &input.ones_like().narrow(1, 0, 1)], 1))
            }
            PatchLayer::Conv2d { kernel, stride, padding, dilation } => {
                // [B, C, H, W] → [B, columns, windows] → [B·windows, columns]
                let patches = input.im2col(kernel, dilation, padding, stride);
                mean_square(&patches.transpose(1, 2).flatten(0, 1))
            }
        };
        self.adaact.average(layer, &a.unsqueeze(0));
    }
}

fn mean_square(rows: &Tensor) -> Tensor {
    rows.square().mean_dim([0].as_slice(), false, None::<Kind>)
}
