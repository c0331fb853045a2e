//! Two traces side by side: their arrays by address and stage, and how far these lie apart.

mod address;
mod basis;
mod before;
mod deviation;
mod judged;
mod measure;
mod mode;
mod roundoff;
mod stage;
mod step;

pub use address::{Address, Array, addresses, index};
pub use basis::Basis;
pub use before::single_steps;
pub(crate) use before::{Average, Before, cut_to_steps, report_state, reports_state};
pub(crate) use deviation::deviations;
pub use deviation::{Deviation, StepComparison, compare_step};
pub use judged::Judged;
pub use measure::Largest;
pub use mode::ReplayMode;
pub use roundoff::{rounded, unit_roundoff};
pub use stage::{Measure, Stage};
pub(crate) use step::CaseStep;
