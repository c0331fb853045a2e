//! What is switched for the whole process: CUDA's float32, and memory.

use crate::error::Error;

mod ffi {
    unsafe extern "C" {
        pub safe fn gpu_reuse_memory();
        pub safe fn gpu_set_precision(tf32: bool, benchmark: bool, deterministic: bool) -> bool;
        pub fn gpu_allows_tf32(allowed: *mut bool) -> bool;
    }
}

/// How CUDA computes in float32, for the whole process; without effect on the CPU.
///
/// libtorch lets cuDNN use TF32 unless told otherwise: ten bits of mantissa under the name of
/// float32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Precision {
    /// Whether products and convolutions may round their inputs to ten bits of mantissa.
    pub tf32: bool,
    /// Whether cuDNN times its algorithms and takes the fastest; results then vary between runs.
    pub cudnn_benchmark: bool,
    /// Whether cuDNN takes only algorithms that give the same bits every time.
    pub deterministic: bool,
}

impl Precision {
    /// IEEE float32 and no varying algorithms: what traces are computed in.
    pub const EXACT: Self = Self { tf32: false, cudnn_benchmark: false, deterministic: true };

    /// Sets all three.
    ///
    /// # Errors
    /// [`Error::Tf32`] if something outside, such as an environment variable, keeps it on.
    pub fn set(self) -> Result<(), Error> {
        let Self { tf32, cudnn_benchmark, deterministic } = self;
        let set = ffi::gpu_set_precision(tf32, cudnn_benchmark, deterministic);
        if set && allows_tf32() == tf32 { Ok(()) } else { Err(Error::Tf32) }
    }
}

/// Whether libtorch may use TF32 in a float32 product or convolution.
#[must_use]
pub fn allows_tf32() -> bool {
    let mut allowed = true;
    // SAFETY: a valid place for one bool, written before the call returns.
    let known = unsafe { ffi::gpu_allows_tf32(&raw mut allowed) };
    allowed || !known
}

/// Lets the process keep the memory that it frees, up to 2 GiB; call it once, at the start.
///
/// A training step on the CPU frees and allocates the same activations again and again. As glibc is
/// set up, these go back to the system every time, and the next step waits until the system has
/// cleared them.
pub fn reuse_memory() {
    ffi::gpu_reuse_memory();
}
