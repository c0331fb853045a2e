//! A model's parameters by name, until each belongs to a layer or is plain.

use crate::error::Error;
use crate::tensor::NamedTensors;
use std::borrow::Borrow;
use std::collections::HashMap;
use tch::{Kind, Tensor};

/// A parameter that is trained, shared with the model.
pub(crate) struct Parameter {
    pub name: String,
    pub tensor: Tensor,
}

/// The parameters that no layer has taken so far.
pub(super) struct Parameters(NamedTensors);

impl Parameters {
    /// All parameters of a model. Of those that are trained, each must be able to learn.
    pub fn new(
        all: impl IntoIterator<Item = (impl Into<String>, impl Borrow<Tensor>)>,
    ) -> Result<Self, Error> {
        let mut named = NamedTensors::new();
        for (name, tensor) in all {
            let name = name.into();
            if named.contains_key(&name) {
                return Err(Error::Duplicate { name });
            }
            named.insert(name, tensor.borrow().shallow_clone());
        }
        check_trained(&named)?;
        Ok(Self(named))
    }

    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.0.get(name)
    }

    /// Takes out a parameter that is there.
    pub fn take(&mut self, name: String) -> Parameter {
        let tensor = self.0.remove(&name).expect("looked up before");
        Parameter { name, tensor }
    }

    /// The trained ones among those that are left.
    pub fn trained(self) -> Vec<Parameter> {
        let trained = self.0.into_iter().filter(|(_, tensor)| tensor.requires_grad());
        trained.map(|(name, tensor)| Parameter { name, tensor }).collect()
    }
}

fn check_trained(named: &NamedTensors) -> Result<(), Error> {
    let mut names = HashMap::new();
    for (name, tensor) in named.iter().filter(|(_, tensor)| tensor.requires_grad()) {
        if !matches!(tensor.kind(), Kind::Float | Kind::Double) {
            return Err(Error::Dtype { name: name.clone(), found: tensor.kind() });
        }
        if !tensor.is_leaf() {
            return Err(Error::NoLeaf { name: name.clone() });
        }
        if let Some(first) = names.insert(tensor.data_ptr(), name)
            && tensor.numel() > 0
        {
            let [first, second] = [first, name].map(String::clone);
            return Err(Error::SameTensor { first, second });
        }
    }
    Ok(())
}
