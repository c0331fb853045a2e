//! The flags that say where the images are.

use super::images::Data;
use super::options::{Options, PUBLISHED_AT, Source};
use super::sets;
use crate::flags::names;
use anyhow::{Result, ensure};
use clap::Args;
use fixtures::run::{Dataset, Model};
use std::path::PathBuf;

/// The images of a training on CIFAR.
#[derive(Args, Clone, Debug)]
pub struct Flags {
    /// The images: a published archive, or train|test/CLASS/*.jpg|png of 32×32 pixels.
    ///
    /// The archives are cifar-10-binary.tar.gz and cifar-100-binary.tar.gz; one that is missing is
    /// downloaded to here. A directory of images is decoded once and labelled as a stand-in.
    #[arg(long = "data_dir", value_name = "DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// Where an archive that is missing is downloaded from.
    #[arg(long, value_name = "URL", default_value = PUBLISHED_AT)]
    pub mirror: String,
    /// The set of images; the network's by default.
    #[arg(long, value_parser = names::<Dataset, _>(Dataset::ALL.map(Dataset::name)))]
    pub dataset: Option<Dataset>,
}

impl Flags {
    /// The images that a network is trained on.
    ///
    /// # Errors
    /// If another set is asked for than the network has classes for; and as [`load`](super::load).
    pub fn load(&self, model: Model) -> Result<Data> {
        let own = model.dataset();
        let dataset = self.dataset.unwrap_or(own);
        ensure!(dataset == own, "--dataset {dataset}: {model} has classes for {own}");
        let options = Options { source: Source::Url(self.mirror.clone()), ..Options::default() };
        Ok(sets::load(dataset, &self.data_dir, &options)?)
    }
}
