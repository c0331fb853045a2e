//! How far a conforming trace may lie from the expected one.

mod certify;
pub(crate) mod digest;
mod estimate;
mod file;
mod find;
mod layout;
mod margin;
mod on_demand;
mod part;
mod sample;
pub(crate) mod shuffle;
mod source;
pub(crate) mod stagewise;
mod strict;
mod table;
mod widened;

pub use certify::{certify, certify_arrays};
pub use estimate::{WAYS, estimate, is_large};
pub use find::{bounds_for, bounds_of_corpus, bounds_on_demand};
pub use margin::fork_margin;
pub use on_demand::OnDemand;
pub(crate) use sample::{FAR, FEW};
pub use sample::{MULTIPLE, RUNS, sample, sample_excerpts};
pub use source::BoundSource;
pub use table::{Bounds, Origin};
pub(crate) use widened::Widened;
