//! A model in training, as scenarios call it, and what it may refuse.

use fixtures::{State, Tensors};
use std::fmt;

/// A model in training, as scenarios call it.
pub trait Training {
    /// A training forward shows `layer` inputs whose mean square is `a`.
    fn observe(&mut self, layer: &str, a: &[f64]);

    /// A step along these gradients; those of all other parameters are absent. `lr` is the
    /// schedule's rate, if it gives one.
    ///
    /// # Errors
    /// If the implementation refuses it.
    fn step(&mut self, lr: Option<f64>, gradients: &Tensors) -> Result<(), Refusal>;

    /// `t`, and `V` and `M` of every layer; no layers at `t = 0` (S20).
    fn state(&self) -> State;

    /// The parameters by full name, the frozen ones as well.
    fn parameters(&self) -> Tensors;
}

/// Why an implementation refuses to go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// A hyperparameter with its value (S18).
    Hyperparameter {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A layer with a gradient that was never observed (S15).
    Unobserved {
        /// Its full name.
        layer: String,
    },
    /// Anything else, in the implementation's words.
    Other(String),
}

impl Refusal {
    /// Whether it is the same; NaN is the same as NaN here.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Refusal::Hyperparameter { name, value },
                Refusal::Hyperparameter { name: other, value: other_value },
            ) => name == other && (value == other_value || value.is_nan() && other_value.is_nan()),
            _ => self == other,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Refusal::Hyperparameter { name, value } => write!(f, "{name} is {value}"),
            Refusal::Unobserved { layer } => write!(f, "layer {layer} was never observed"),
            Refusal::Other(words) => f.write_str(words),
        }
    }
}
