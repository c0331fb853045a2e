//! Where an engine computes.

/// A device that an engine may compute on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Device {
    /// The CPU.
    #[default]
    Cpu,
    /// The first CUDA device.
    Cuda,
}
