//! What AdaAct refuses (S15, S18).

use std::fmt;

/// A refusal, with the name of what is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
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
}

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Refused::Hyperparameter { name, value } => write!(f, "{name} is {value}"),
            Refused::Unobserved { layer } => write!(f, "layer {layer} was never observed"),
        }
    }
}
