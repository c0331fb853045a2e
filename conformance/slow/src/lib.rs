//! The definition, in plain loops, generic over its scalar.
//!
//! One slow copy of AdaAct and of the networks that it trains; it shares no code with the engines.
//! What it computes in depends on the question: [`f64`] and [`f32`] to agree with them, [`Double`] to
//! know what is true, [`Sampled`] to know how far rounding alone can move a result, [`Told`] to tell
//! where a number comes from. [`passes`] runs the forwards of a step and their backwards; [`Forks`]
//! records which way every jump of a derivative went, or holds a run to ways already taken.
//! [`AdaAct`] is the optimizer. At every clause of the specification it asks [`Clauses`], whose
//! default methods are the definition; it knows of no mistakes.
//!
//! Non-finite values behave as in the reference.
#![forbid(unsafe_code)]

mod adaact;
mod array;
mod compiled;
mod double;
mod network;
mod run;
mod sampled;
mod scalar;
mod session;
mod told;

pub use adaact::algorithm::AdaAct;
pub use adaact::clauses::{
    Clauses, Copies, Definition, Observations, Values, average, corrected, scaled,
};
pub use adaact::layer::{Layer, Stages};
pub use adaact::observe::mean_square;
pub use adaact::refused::Refused;
pub use adaact::rows::{self, Rows};
pub use adaact::rules::{Part, Rules};
pub use adaact::state::{Averages, Shape};
pub use adaact::step::{LayerStep, Owner, ParameterStep, Step};
pub use array::{Array, Arrays};
pub use compiled::{Compiled, passes};
pub use double::Double;
pub use network::backward::Gradients;
pub use network::forks::{Flips, Fork, Forks};
pub use network::layers::Use;
pub use network::pass::{Pass, training};
pub use run::{Run, Spread, centre, run, sample};
pub use sampled::Sampled;
pub use scalar::{Scalar, sum};
pub use session::{Passed, Session, sees_tokens, trace};
pub use told::Told;
