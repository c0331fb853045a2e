//! A number that the paper printed, or the place that waits for it.

use super::experiment::Experiment;
use anyhow::{Result, ensure};
use fixtures::run::Optim;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;

/// The text in place of a number that nobody has copied from the paper yet.
pub const NOT_TRANSCRIBED: &str = "not transcribed";

/// A test accuracy of the paper's tables.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// The experiment.
    pub experiment: Experiment,
    /// The optimizer.
    pub optim: Optim,
    /// Per cent; `None` is spelled [`NOT_TRANSCRIBED`].
    #[serde(deserialize_with = "value")]
    pub value: Option<f64>,
    /// Table, row and column; or [`NOT_TRANSCRIBED`].
    pub source: String,
}

impl Number {
    /// Whether this is the place of that number.
    #[must_use]
    pub fn is_slot_of(&self, experiment: Experiment, optim: Optim) -> bool {
        self.experiment == experiment && self.optim == optim
    }

    pub(super) fn check(&self) -> Result<()> {
        let has_source = self.source != NOT_TRANSCRIBED && !self.source.trim().is_empty();
        if let Some(value) = self.value {
            ensure!(
                (0.0..=100.0).contains(&value),
                "value: {value} is not a percentage; write a number from 0 to 100"
            );
            let example = "such as \"table 1, row AdaAct, column ResNet-20\"";
            ensure!(has_source, "source: a number needs its place in the paper, {example}");
        } else {
            ensure!(
                !has_source,
                "value: missing, although the source is \"{}\"; copy the number, or write {NOT_TRANSCRIBED:?} for both",
                self.source
            );
        }
        Ok(())
    }
}

fn value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    struct Value(Option<f64>);
    struct ValueVisitor;

    impl Visitor<'_> for ValueVisitor {
        type Value = Value;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            write!(f, "a number or \"{NOT_TRANSCRIBED}\"")
        }
        fn visit_f64<E: de::Error>(self, x: f64) -> Result<Value, E> {
            Ok(Value(Some(x)))
        }
        fn visit_i64<E: de::Error>(self, x: i64) -> Result<Value, E> {
            Ok(Value(Some(x as f64)))
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
            match text {
                NOT_TRANSCRIBED => Ok(Value(None)),
                _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
            }
        }
    }

    impl<'de> Deserialize<'de> for Value {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(ValueVisitor)
        }
    }

    Ok(Value::deserialize(deserializer)?.0)
}
