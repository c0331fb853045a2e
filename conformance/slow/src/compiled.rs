//! What takes long to compile, compiled in this crate and once for each scalar.
//!
//! A generic function is compiled anew in every crate and test that calls it. A method of
//! [`Compiled`] is not: it is implemented here for each scalar by itself.

use crate::array::Arrays;
use crate::double::Double;
use crate::network::forks::Forks;
use crate::network::pass::{self, Pass};
use crate::sampled::Sampled;
use crate::scalar::Scalar;
use crate::told::Told;
use fixtures::{Forward, Layer, Loss};

/// A scalar that the slow copy is compiled for.
pub trait Compiled: Scalar {
    /// See [`passes`].
    #[doc(hidden)]
    fn passes(
        model: &[Layer],
        loss: Loss,
        parameters: &Arrays<Self>,
        buffers: &mut Arrays<Self>,
        forwards: &[Forward],
        forks: &mut Forks,
    ) -> Vec<Pass<Self>>;
}

/// All forwards of a step in order, each with its backward; buffers move on.
///
/// The case that they are from must be valid.
///
/// # Panics
/// If something does not fit the model, or `forks` replays another step.
pub fn passes<S: Compiled>(
    model: &[Layer],
    loss: Loss,
    parameters: &Arrays<S>,
    buffers: &mut Arrays<S>,
    forwards: &[Forward],
    forks: &mut Forks,
) -> Vec<Pass<S>> {
    S::passes(model, loss, parameters, buffers, forwards, forks)
}

macro_rules! compiled {
    ($($scalar:ty),+) => {
        $(
            impl Compiled for $scalar {
                fn passes(
                    model: &[Layer],
                    loss: Loss,
                    parameters: &Arrays<Self>,
                    buffers: &mut Arrays<Self>,
                    forwards: &[Forward],
                    forks: &mut Forks,
                ) -> Vec<Pass<Self>> {
                    pass::passes(model, loss, parameters, buffers, forwards, forks)
                }
            }
        )+
    };
}

compiled!(f32, f64, Sampled<24>, Sampled<53>, Double, Told);
