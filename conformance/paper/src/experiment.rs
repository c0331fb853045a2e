//! What is trained on what.

use anyhow::{Context, ensure};
use fixtures::run::{Dataset, Model, Settings};
use serde::Deserialize;
use std::fmt;

/// A network and the images that it is trained on, `cifar10 resnet20` in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Experiment {
    /// The classes.
    pub dataset: Dataset,
    /// The network.
    pub model: Model,
}

impl Experiment {
    /// The experiment that a run belongs to.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self { dataset: settings.dataset, model: settings.model }
    }
}

impl fmt::Display for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.dataset, self.model)
    }
}

impl TryFrom<String> for Experiment {
    type Error = anyhow::Error;

    fn try_from(text: String) -> anyhow::Result<Self> {
        let (dataset, model) = text.split_once(' ').with_context(|| {
            format!("\"{text}\" is not an experiment; write a data set and a network, such as \"cifar10 resnet20\"")
        })?;
        let (dataset, model): (Dataset, Model) = (dataset.parse()?, model.parse()?);
        let expected = model.dataset();
        ensure!(dataset == expected, "\"{text}\": {model} is trained on {expected}");
        Ok(Self { dataset, model })
    }
}
