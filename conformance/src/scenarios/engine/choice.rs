//! The implementations to choose from for a scenario.

use super::reference;
use super::slow::Slow;
#[cfg(feature = "tch")]
use super::tch;
use super::training::{Refusal, Training};
use crate::scenarios::setup::Setup;
#[cfg(feature = "tch")]
use crate::subject::Device;
use crate::subject::Subject;
use ::slow::{Definition, Rules, Scalar};
use fixtures::Dtype;
use mistakes::Mistake;
use std::fmt;

/// An implementation of AdaAct.
#[derive(Clone, Copy, Debug)]
pub enum Engine {
    /// The definition in plain loops.
    Slow {
        /// The mistake that it makes.
        mistake: Option<&'static Mistake>,
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

impl Engine {
    /// All engines that are built in, without mistakes; libtorch on this device.
    #[must_use]
    pub fn all(#[cfg(feature = "tch")] device: Device) -> Vec<Engine> {
        let dtypes = [Dtype::Float64, Dtype::Float32];
        let mut engines: Vec<_> =
            dtypes.into_iter().map(|dtype| Engine::Slow { mistake: None, dtype }).collect();
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

    /// A model at the start of its training.
    ///
    /// # Errors
    /// If the implementation refuses the hyperparameters, as far as it looks at them now.
    pub fn start(self, setup: &Setup) -> Result<Box<dyn Training>, Refusal> {
        Ok(match self {
            Engine::Slow { mistake, dtype: Dtype::Float64 } => {
                Box::new(Slow::<f64>::start(setup, rules(mistake))?)
            }
            Engine::Slow { mistake, dtype: Dtype::Float32 } => {
                Box::new(Slow::<f32>::start(setup, rules(mistake))?)
            }
            Engine::Reference => Box::new(reference::Reference::start(setup)?),
            #[cfg(feature = "tch")]
            Engine::Tch { dtype, device } => Box::new(tch::Tch::start(setup, dtype, device)?),
        })
    }
}

/// The rules of a mistake, or AdaAct's own.
fn rules<S: Scalar>(mistake: Option<&'static Mistake>) -> &'static dyn Rules<S>
where
    Mistake: Rules<S>,
{
    match mistake {
        Some(mistake) => mistake,
        None => &Definition,
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
