//! Where a run stands, as JSON in the metadata of its checkpoint.

use super::position::Position;
use fixtures::run::{Environment, Settings, v1};
use serde::{Deserialize, Serialize};

/// Where a run stands, beside its tensors; with the settings of its version.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header<S = Settings> {
    pub schema: Schema,
    pub settings: S,
    pub environment: Environment,
    pub position: Position,
    pub generator: Generator,
    pub scheduler: Scheduler,
    /// The optimizer's completed steps, where it counts them.
    pub t: u64,
    pub lengths: Lengths,
}

/// The versions of the format; the second is written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Schema {
    /// Its settings are those of `adaact.run/1`.
    #[serde(rename = "adaact.checkpoint/1")]
    V1,
    /// Its settings are those of `adaact.run/2`.
    #[serde(rename = "adaact.checkpoint/2")]
    V2,
}

/// What every version has.
#[derive(Deserialize)]
struct Version {
    schema: Schema,
}

impl Header {
    /// Reads a header of either version.
    ///
    /// # Errors
    /// If it is neither, or has what its version does not have.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        let Version { schema } = serde_json::from_str(text)?;
        match schema {
            Schema::V1 => Ok(serde_json::from_str::<Header<v1::Settings>>(text)?.into()),
            Schema::V2 => serde_json::from_str(text),
        }
    }
}

impl From<Header<v1::Settings>> for Header {
    fn from(v1: Header<v1::Settings>) -> Self {
        Self {
            schema: Schema::V2,
            settings: v1.settings.into(),
            environment: v1.environment,
            position: v1.position,
            generator: v1.generator,
            scheduler: v1.scheduler,
            t: v1.t,
            lengths: v1.lengths,
        }
    }
}

/// What order and augmentation are drawn from: a stream of its own for every epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    pub algorithm: String,
    pub seed: u64,
    /// The epoch.
    pub stream: u64,
}

/// The learning rate's place in its schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheduler {
    pub name: String,
    pub epoch: u64,
    pub lr: f64,
}

/// Bytes of the files that grow; on resuming they are cut back to these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    pub metrics: u64,
    pub events: u64,
    pub steps: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::settings;
    use fixtures::run::Recipe;
    use std::path::Path;

    /// That of a checkpoint which commit 1469747 saved in its second epoch.
    const EARLIER: &str = include_str!("../../tests/suite/checkpoint-1.json");

    #[test]
    fn a_header_of_the_first_version_is_that_of_a_run_to_resume() {
        let header = Header::from_json(EARLIER).unwrap();
        let Position { epoch, batch, loss_sum, best, .. } = header.position;
        assert_eq!((epoch, batch, loss_sum, header.t), (1, 2, 5.071347713470459, 7));
        assert_eq!(best.map(|best| best.accuracy), Some(10.0));
        assert_eq!(header.lengths, Lengths { metrics: 242, events: 188, steps: Some(327) });

        let path = Path::new("last.safetensors");
        let same = header.settings.clone();
        settings::check(path, &header.settings, &same).unwrap();
        let recipe = Recipe::Cifar { augment: false, shuffle: true };
        let other = Settings { recipe, micro_batches: 4, seed: 7, ..same };
        let message = settings::check(path, &header.settings, &other).unwrap_err().to_string();
        let expected = "  augment: true in the checkpoint, false now\n  \
                        micro_batches: 1 in the checkpoint, 4 now\n  \
                        seed: 3 in the checkpoint, 7 now\n";
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn a_header_comes_back_as_the_second_version() {
        let header = Header::from_json(EARLIER).unwrap();
        let text = serde_json::to_string(&header).unwrap();
        assert!(text.starts_with(r#"{"schema":"adaact.checkpoint/2""#), "{text}");
        let back = Header::from_json(&text).unwrap();
        assert_eq!((back.settings, back.position), (header.settings, header.position));
        for wrong in ["adaact.checkpoint/1", "adaact.checkpoint/3"] {
            let error = Header::from_json(&text.replace("adaact.checkpoint/2", wrong));
            assert!(error.is_err(), "{wrong}");
        }
    }
}
