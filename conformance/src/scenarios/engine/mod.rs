//! Who runs a scenario: each implementation behind the same few calls.

mod reference;
mod slow;
#[cfg(feature = "tch")]
mod tch;

use super::Setup;
#[cfg(feature = "tch")]
use crate::Device;
use crate::Subject;
use crate::mistakes::Mutant;
use fixtures::{Dtype, State, Tensors};
use std::fmt;

/// An implementation of AdaAct.
#[derive(Clone, Copy, Debug)]
pub enum Engine {
    /// The definition in plain loops.
    Slow {
        /// The mistake that it makes.
        mutant: Option<Mutant>,
        /// What it computes in.
        dtype: Dtype,
    },
    /// The pure-ndarray reference, in float64.
    Reference,
    /// The engine on libtorch.
    #[cfg(feature = "tch")]
    Tch {
        /// What it computes in.
        dtype: Dtype,
        /// Where it computes.
        device: Device,
    },
}

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

impl Engine {
    /// All engines that are built in, none with a mutant; libtorch on this device.
    #[must_use]
    pub fn all(#[cfg(feature = "tch")] device: Device) -> Vec<Engine> {
        let dtypes = [Dtype::Float64, Dtype::Float32];
        let mut engines: Vec<_> =
            dtypes.into_iter().map(|dtype| Engine::Slow { mutant: None, dtype }).collect();
        engines.push(Engine::Reference);
        #[cfg(feature = "tch")]
        engines.extend(dtypes.into_iter().map(|dtype| Engine::Tch { dtype, device }));
        engines
    }

    /// The engine that computes a subject's traces, unless that is a command.
    #[must_use]
    pub fn of(subject: &Subject) -> Option<Engine> {
        match subject {
            Subject::Reference => Some(Engine::Reference),
            #[cfg(feature = "tch")]
            &Subject::Tch { dtype, device } => Some(Engine::Tch { dtype, device }),
            Subject::Program(_) => None,
        }
    }

    /// What it computes in.
    #[must_use]
    pub fn dtype(self) -> Dtype {
        match self {
            Engine::Slow { dtype, .. } => dtype,
            Engine::Reference => Dtype::Float64,
            #[cfg(feature = "tch")]
            Engine::Tch { dtype, .. } => dtype,
        }
    }

    /// Half the distance from 1 to the next larger number.
    pub(super) fn roundoff(self) -> f64 {
        match self.dtype() {
            Dtype::Float64 => f64::EPSILON / 2.0,
            Dtype::Float32 => f64::from(f32::EPSILON) / 2.0,
        }
    }

    /// A model at the beginning of its training.
    ///
    /// # Errors
    /// If the implementation refuses the hyperparameters, as far as it looks at them now.
    pub fn start(self, setup: &Setup) -> Result<Box<dyn Training>, Refusal> {
        Ok(match self {
            Engine::Slow { mutant, dtype: Dtype::Float64 } => {
                Box::new(slow::Slow::<f64>::start(setup, mutant)?)
            }
            Engine::Slow { mutant, dtype: Dtype::Float32 } => {
                Box::new(slow::Slow::<f32>::start(setup, mutant)?)
            }
            Engine::Reference => Box::new(reference::Reference::start(setup)?),
            #[cfg(feature = "tch")]
            Engine::Tch { dtype, device } => Box::new(tch::Tch::start(setup, dtype, device)?),
        })
    }
}

/// `slow`, `reference`, `tch`.
impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            Engine::Slow { .. } => "slow",
            Engine::Reference => "reference",
            #[cfg(feature = "tch")]
            Engine::Tch { device: Device::Cpu, .. } => "tch",
            #[cfg(feature = "tch")]
            Engine::Tch { device: Device::Cuda, .. } => "tch cuda",
        })
    }
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
