//! Where and how tensors are computed.

use crate::flags;
use anyhow::Result;
use gpu::backend::Precision;
use gpu::{Device, backend};

/// A device that is ready, with libtorch's switches as the flags have them.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// By its name in records.
    pub device: Device,
    /// By libtorch's.
    pub place: tch::Device,
}

impl Machine {
    /// Makes the device usable; before any other use of libtorch, whose switches are the process's.
    ///
    /// # Errors
    /// If there is no such device, or it does not compute as it is told to.
    pub fn open(run: &flags::Run, kernels: &flags::Kernels) -> Result<Self> {
        let device = run.device();
        let place = device.open()?;
        let &flags::Kernels { tf32, cudnn_benchmark, deterministic, .. } = kernels;
        Precision { tf32, cudnn_benchmark, deterministic }.set()?;
        tch::set_num_threads(run.threads() as i32);
        backend::reuse_memory();
        Ok(Self { device, place })
    }
}
