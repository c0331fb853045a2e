//! The engine on libtorch.

use super::training::{Refusal, Training};
use crate::scenarios::setup::Setup;
use crate::subject::Device;
use fixtures::{Dtype, Optimizer, State, Tensors, model};
use gpu::{AdaAct, Error, Hyperparameters, NamedTensors, Network, Rates};
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

pub struct Tch {
    network: Network,
    adaact: AdaAct,
    optimizer: Optimizer,
    /// Linear layers in the model's order, as the engine numbers them.
    layers: Vec<String>,
    /// Dtype and device of every tensor.
    place: (Kind, tch::Device),
}

impl Tch {
    pub fn start(setup: &Setup, dtype: Dtype, device: Device) -> Result<Self, Refusal> {
        let kind = match dtype {
            Dtype::Float64 => Kind::Double,
            Dtype::Float32 => Kind::Float,
        };
        let device = match device {
            Device::Cpu => gpu::Device::Cpu.open()?,
            Device::Cuda => gpu::Device::Cuda.open()?,
        };
        let place = (kind, device);
        let leaf = |(name, tensor): (&String, &fixtures::Tensor)| {
            let trained = !setup.frozen.contains(&name.as_str());
            (name.clone(), upload(tensor, place).set_requires_grad(trained))
        };
        let parameters: NamedTensors = setup.parameters.iter().map(leaf).collect();
        let network = Network::new(&setup.model, parameters, BTreeMap::new())?;
        let Optimizer { betas: [beta1, beta2], eps, .. } = setup.optimizer;
        let hyper = Hyperparameters { beta1, beta2, eps };
        let adaact = AdaAct::new(network.preconditioned(), network.parameters(), hyper)?;
        let layers = model::preconditioned(&setup.model).into_iter().map(|layer| layer.name);
        let layers = layers.collect();
        Ok(Self { network, adaact, optimizer: setup.optimizer.clone(), layers, place })
    }
}

impl Training for Tch {
    fn observe(&mut self, layer: &str, a: &[f64]) {
        let number = self.layers.iter().position(|name| name == layer).expect("a layer");
        let a = fixtures::Tensor::new([1, a.len()], a.to_vec());
        self.adaact.average(number, &upload(&a, self.place));
    }

    fn step(&mut self, lr: Option<f64>, gradients: &Tensors) -> Result<(), Refusal> {
        self.network.clear_gradients();
        // The gradient of Σ θ·g in θ is g.
        let products = gradients.iter().map(|(name, g)| {
            (&self.network.parameters()[name] * upload(g, self.place)).sum(self.place.0)
        });
        if let Some(loss) = products.reduce(|sum, product| sum + product) {
            loss.backward();
        }
        self.adaact.step(|parameter| {
            let (lr, weight_decay) = self.optimizer.rates(parameter, lr);
            Rates { lr, weight_decay }
        })?;
        Ok(())
    }

    fn state(&self) -> State {
        self.adaact.state()
    }

    fn parameters(&self) -> Tensors {
        let parameters = self.network.parameters().iter();
        parameters.map(|(name, tensor)| (name.clone(), download(tensor))).collect()
    }
}

fn upload(tensor: &fixtures::Tensor, (kind, device): (Kind, tch::Device)) -> Tensor {
    let shape: Vec<i64> = tensor.shape.iter().map(|&n| i64::try_from(n).expect("a size")).collect();
    Tensor::from_slice(&tensor.data).view(&shape[..]).to_kind(kind).to_device(device)
}

fn download(tensor: &Tensor) -> fixtures::Tensor {
    let shape = tensor.size().into_iter().map(|n| usize::try_from(n).expect("not negative"));
    let mut data = vec![0.0; tensor.numel()];
    let values = tensor.detach().to_device(tch::Device::Cpu).to_kind(Kind::Double).contiguous();
    values.copy_data(&mut data, tensor.numel());
    fixtures::Tensor::new(shape.collect::<Vec<_>>(), data)
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Hyperparameter { name, value, .. } => Refusal::Hyperparameter { name, value },
            Error::Unobserved { layer } => Refusal::Unobserved { layer },
            other => Refusal::Other(other.to_string()),
        }
    }
}
