//! A port of AdaAct to libtorch, to make the same mistakes in.
//!
//! Written in tensor operations from the definition, apart from [`gpu::AdaAct`], the reference and the
//! slow copy; only the network with its gradients is [`gpu::Network`]. At every clause it asks
//! [`Clauses`], as the slow copy asks its own.

mod apart;
mod clauses;
mod layer;
mod observe;
mod optimizer;
mod passes;
mod rows;
mod rules;
mod step;
mod tensors;
mod trace;

pub use apart::Apart;
pub use clauses::{Clauses, Definition, average, count, sum, unbias};
pub use layer::{Averages, columns, matrix, scaled};
pub use observe::mean_square;
pub use passes::{Backward, Pass, training};
pub use rows::{Cut, in_order, rows, with_one};
pub use rules::Rules;
pub use step::{LayerStep, ParameterStep, Step};
pub use trace::trace;
