//! A network's parameters and running statistics under the authors' names, as PyTorch's
//! `state_dict` has them.
//!
//! ```python
//! model.load_state_dict(safetensors.torch.load_file("weights.safetensors"))
//! safetensors.torch.save_file(model.state_dict(), "weights.safetensors")
//! ```

use crate::initial::Initial;
use fixtures::Layer;
use fixtures::model::{self, TensorSpec};
use fixtures::models::authors_name;
use gpu::{Error, NamedTensors, Network};
use gpu::{shape, sizes};
use tch::{Device, Kind, Tensor};

/// The tensors of a network by the authors' names; they stay shared with it.
#[must_use]
pub fn export(network: &Network) -> NamedTensors {
    let tensors = network.parameters().iter().chain(network.buffers());
    tensors.map(|(name, tensor)| (authors_name(name), tensor.detach())).collect()
}

/// Takes a network's tensors out of `tensors`, as copies of a dtype on the CPU.
///
/// `num_batches_tracked`, which PyTorch adds and nothing here depends on, is passed over.
///
/// # Errors
/// [`Error::Missing`], [`Error::Surplus`] and [`Error::Shape`], in the authors' names, if they are
/// not exactly those of `layers`.
pub fn import(layers: &[Layer], mut tensors: NamedTensors, kind: Kind) -> Result<Initial, Error> {
    let mut take = |spec: TensorSpec| {
        let name = authors_name(&spec.name);
        let Some(tensor) = tensors.remove(&name) else { return Err(Error::Missing { name }) };
        let found = shape(&tensor);
        if found != spec.shape {
            return Err(Error::Shape { name, expected: spec.shape, found });
        }
        let mut copy = Tensor::empty(sizes(&spec.shape), (kind, Device::Cpu));
        copy.copy_(&tensor);
        Ok((spec.name, copy))
    };
    let parameters = model::parameters(layers).into_iter().map(&mut take);
    let parameters = parameters.collect::<Result<_, _>>()?;
    let buffers = model::buffers(layers).into_iter().map(&mut take).collect::<Result<_, _>>()?;
    let left = tensors.into_keys().find(|name| !name.ends_with(".num_batches_tracked"));
    match left {
        Some(name) => Err(Error::Surplus { name }),
        None => Ok(Initial { parameters, buffers }),
    }
}
