//! AdaAct: its clauses, and the algorithm that asks for them.

pub mod algorithm;
pub mod clauses;
pub mod layer;
pub mod observe;
pub mod refused;
pub mod rows;
pub mod rules;
pub mod state;
pub mod step;
