//! AdaAct on models made of tch's own layers, held against the oracle by `conformance check`.
#![cfg(feature = "tch")]

use fixtures::{
    Case, Dtype, Forward, Layer, LayerTrace, Loss, Mode, Step, StepTrace, Target, Tensors, Trace,
    TraceSchema,
};
use gpu::{AdaAct, Hyperparameters, Preconditioned, Rates};
use std::path::{Path, PathBuf};
use std::process::Command;
use tch::nn;
use tch::{Device, Kind, Reduction, Tensor};

/// A case of the project's own.
fn path(name: &str) -> PathBuf {
    fixtures::corpus::root().join(format!("own/{name}.case.json"))
}

/// A case's model in plain tch, with its optimizer.
struct Training {
    store: nn::VarStore,
    model: nn::SequentialT,
    /// The preconditioned layers, and where each stands in the model.
    layers: Vec<(Preconditioned, usize)>,
    adaact: AdaAct,
}

impl Training {
    /// Layers, parameters and buffers as the case has them. `describe` may change descriptions.
    fn start(case: &Case, describe: fn(&mut Preconditioned)) -> Self {
        let mut store = nn::VarStore::new(Device::Cpu);
        let (mut model, mut layers) = (nn::seq_t(), Vec::new());
        for (position, layer) in case.model.iter().enumerate() {
            let described;
            (model, described) = add(model, layer, &store.root());
            layers.extend(described.map(|described| (described, position)));
        }
        layers.iter_mut().for_each(|(described, _)| describe(described));
        store.double();
        for (name, mut variable) in store.variables() {
            let value = case.parameters.get(&name).or_else(|| case.buffers.get(&name)).unwrap();
            tch::no_grad(|| variable.copy_(&upload(value)));
        }
        let [beta1, beta2] = case.optimizer.betas;
        let hyper = Hyperparameters { beta1, beta2, eps: case.optimizer.eps };
        let described: Vec<_> = layers.iter().map(|(layer, _)| layer.clone()).collect();
        let adaact = AdaAct::new(&described, store.variables(), hyper).unwrap();
        Self { store, model, layers, adaact }
    }

    /// All that can be seen of a step from outside.
    fn step(&mut self, case: &Case, step: &Step) -> StepTrace {
        self.adaact.clear_gradients();
        let forwards = step.forwards.iter().map(|forward| self.forward(case.loss, forward));
        let (losses, outputs) = forwards.unzip();
        let rates = |name: &str| case.optimizer.rates(name, step.lr);
        let rates = |name: &str| {
            let (lr, weight_decay) = rates(name);
            Rates { lr, weight_decay }
        };
        self.adaact.step(rates).unwrap();
        let state = self.adaact.state();
        let gradients = self.tensors(|tensor| tensor.requires_grad().then(|| tensor.grad()));
        let layer = |(name, state): (String, fixtures::LayerState)| {
            let gradient = Some(matrix(&gradients, &name));
            let (ema, momentum) = (Some(state.ema), Some(state.momentum));
            (name, LayerTrace { ema, gradient, momentum, ..LayerTrace::default() })
        };
        let owned = |name: &str| {
            let layer = name.rsplit_once('.').unwrap().0;
            self.layers.iter().any(|(described, _)| described.name == layer)
        };
        let plain = gradients.iter().filter(|(name, _)| !owned(name));
        StepTrace {
            step: Some(state.step),
            losses,
            outputs: Some(outputs),
            layers: state.layers.into_iter().map(layer).collect(),
            plain_gradients: plain.map(|(name, g)| (name.clone(), gpu::download(g))).collect(),
            parameters: self.downloaded(Tensor::requires_grad),
            buffers: self.downloaded(|tensor| !tensor.requires_grad()),
        }
    }

    /// The loss and the output of a forward, after its backward.
    fn forward(&mut self, loss: Loss, forward: &Forward) -> (f64, fixtures::Tensor) {
        assert_eq!(forward.mode, Mode::Train);
        let input = upload(&forward.input);
        let outputs = self.model.forward_all_t(&input, true, None);
        for (layer, position) in &self.layers {
            let seen = position.checked_sub(1).map_or(&input, |before| &outputs[before]);
            self.adaact.observe(&layer.name, seen).unwrap();
        }
        let output = outputs.last().unwrap();
        let (Loss::CrossEntropy { label_smoothing }, Target::Classes(classes)) =
            (loss, &forward.target)
        else {
            panic!("a case of classes");
        };
        let classes: Vec<_> = classes.iter().map(|&class| class as i64).collect();
        let classes = Tensor::from_slice(&classes);
        let loss = output.cross_entropy_loss(
            &classes,
            None::<&Tensor>,
            Reduction::Mean,
            -1,
            label_smoothing,
        );
        (&loss * forward.loss_scale).backward();
        (loss.double_value(&[]), gpu::download(output))
    }

    fn tensors(&self, of: impl Fn(&Tensor) -> Option<Tensor>) -> gpu::NamedTensors {
        let variables = self.store.variables().into_iter();
        variables.filter_map(|(name, tensor)| Some((name, of(&tensor)?))).collect()
    }

    fn downloaded(&self, which: impl Fn(&Tensor) -> bool) -> Tensors {
        gpu::downloaded(&self.tensors(|tensor| which(tensor).then(|| tensor.shallow_clone())))
    }
}

/// Adds a layer of a case in plain tch; with its description, if it is preconditioned.
fn add(
    model: nn::SequentialT,
    layer: &Layer,
    root: &nn::Path,
) -> (nn::SequentialT, Option<Preconditioned>) {
    let pair = |extents: [usize; 2]| extents.map(|extent| extent as i64);
    let model = match layer {
        Layer::Conv2d(l) => {
            let config = nn::ConvConfigND::<[i64; 2]> {
                stride: pair(l.stride),
                padding: pair(l.padding),
                dilation: pair(l.dilation),
                groups: l.groups as i64,
                bias: l.bias,
                ..Default::default()
            };
            let [inputs, outputs] = pair([l.in_channels, l.out_channels]);
            let conv = nn::conv(root / &l.name, inputs, outputs, pair(l.kernel), config);
            return (model.add(conv), Some(Preconditioned::conv2d(&l.name, config).unwrap()));
        }
        Layer::Linear(l) => {
            let config = nn::LinearConfig { bias: l.bias, ..Default::default() };
            let [inputs, outputs] = pair([l.in_features, l.out_features]);
            let linear = nn::linear(root / &l.name, inputs, outputs, config);
            return (model.add(linear), Some(Preconditioned::linear(&l.name)));
        }
        Layer::BatchNorm2d(l) => {
            let (eps, momentum) = (l.eps, l.momentum);
            let config = nn::BatchNormConfig { eps, momentum, ..Default::default() };
            model.add(nn::batch_norm2d(root / &l.name, l.features as i64, config))
        }
        Layer::LayerNorm(l) => {
            let config = nn::LayerNormConfig { eps: l.eps, ..Default::default() };
            model.add(nn::layer_norm(root / &l.name, vec![l.features as i64], config))
        }
        Layer::Tanh => model.add_fn(Tensor::tanh),
        Layer::Gelu => model.add_fn(|x| x.gelu("none")),
        Layer::GlobalAvgPool2d => {
            model.add_fn(|x| x.mean_dim([2, 3].as_slice(), false, None::<Kind>))
        }
        other => panic!("no case here has {other:?}"),
    };
    (model, None)
}

fn upload(tensor: &fixtures::Tensor) -> Tensor {
    let shape: Vec<_> = tensor.shape.iter().map(|&extent| extent as i64).collect();
    Tensor::from_slice(&tensor.data).view(&shape[..])
}

/// `G` of a layer, `[out, columns]` (S9).
fn matrix(gradients: &gpu::NamedTensors, layer: &str) -> fixtures::Tensor {
    let weight = gradients[&format!("{layer}.weight")].flatten(1, -1);
    let bias = gradients.get(&format!("{layer}.bias")).map(|bias| bias.unsqueeze(1));
    let parts: Vec<_> = [&weight].into_iter().chain(&bias).collect();
    gpu::download(&Tensor::cat(&parts, 1))
}

/// Trains a case in plain tch, and what `conformance check` says: its exit code and its words.
fn checked(name: &str, describe: fn(&mut Preconditioned)) -> (Option<i32>, String) {
    let case = Case::read(path(name)).unwrap();
    assert!(case.state.is_none() && case.steps.len() >= 3);
    let mut training = Training::start(&case, describe);
    let steps = case.steps.iter().map(|step| training.step(&case, step)).collect();
    let producer = gpu::producer(Dtype::Float64, gpu::Device::Cpu);
    let trace = Trace { schema: TraceSchema::V1, case: case.name, producer, steps };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    trace.write(&file).unwrap();
    check(&path(name), &file)
}

fn check(case: &Path, trace: &Path) -> (Option<i32>, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_conformance"));
    let check = program.arg("check").arg("--case").arg(case).arg("--trace").arg(trace);
    let output = check.output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// Two convolutions in which no two numbers are alike, one of them without a bias; four steps.
#[test]
fn convolutions_and_a_linear_layer_conform() {
    let (code, verdict) = checked("conv-all-differs", |_| ());
    assert_eq!(code, Some(0), "{verdict}");
    assert!(verdict.contains("conforms: case conv-all-differs, 4 steps, float64"), "{verdict}");
    assert!(verdict.contains("every step from the trace's own state"), "{verdict}");
}

/// Two micro-batches a step, rates by parameter, and normalisations, which are plain; three steps.
#[test]
fn accumulated_steps_with_plain_parameters_conform() {
    let (code, verdict) = checked("no-decay-first-group", |_| ());
    assert_eq!(code, Some(0), "{verdict}");
    assert!(verdict.contains("conforms: case no-decay-first-group, 3 steps"), "{verdict}");
}

/// A description of another padding than the layer has: the statistic is another one.
#[test]
fn a_wrong_description_diverges_in_the_statistic() {
    let (code, verdict) = checked("conv-all-differs", |layer| {
        if let gpu::Geometry::Conv2d { padding, .. } = &mut layer.geometry
            && layer.name == "conv2"
        {
            *padding = [2, 2];
        }
    });
    assert_eq!(code, Some(1), "{verdict}");
    assert!(verdict.contains("layer conv2, stage ema"), "{verdict}");
}
