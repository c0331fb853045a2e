//! One slow copy of the network: plain loops, nothing but the definition, generic over its scalar.
//!
//! It shares no code with the engines. What it computes in depends on the question: [`f64`] and
//! [`f32`] to agree with them, [`Double`] to know what is true, [`Sampled`] to know how far
//! rounding alone can move a result. [`passes`] runs the forwards of a step and their backwards;
//! [`Forks`] records which way every jump of a derivative went, or holds a run to ways already
//! taken.
//!
//! Non-finite values behave as in the reference.

mod activation;
pub mod adaact;
mod array;
mod branch;
mod conv2d;
mod double;
mod forks;
mod linear;
mod loss;
mod network;
mod norm;
pub mod observe;
mod pass;
mod pool;
mod rows;
mod run;
mod sampled;
mod scalar;
mod session;
mod told;

use array::Gradients;
pub use array::{Array, Arrays};
pub use double::Double;
pub use forks::{Flips, Fork, Forks};
pub use network::Use;
pub use observe::{Observations, observations};
pub use pass::{Pass, passes};
pub use run::{Run, Spread, run};
pub use sampled::Sampled;
pub use scalar::Scalar;
pub use session::{Session, sees_tokens, trace};
pub use told::Told;

/// From the gradient of a layer's output to that of its input; on the way, those of its parameters
/// are added to the map.
type Backward<'p, S> = Box<dyn FnOnce(&Array<S>, &mut Gradients<S>) -> Array<S> + 'p>;
