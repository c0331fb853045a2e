//! The flags that trainings share, in groups that stand together in `--help`.

mod groups;
mod names;
mod settings;

pub use groups::{DeviceName, DtypeName, Kernels, Logging, Optimizer, Run, Schedule};
pub use names::names;
pub use settings::{Flags, Own};
