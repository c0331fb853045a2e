//! Where to compute.

use crate::error::Error;
use std::ffi::{CStr, c_char};
use std::fmt;

/// Where tensors live and kernels run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// The first CUDA device that the process sees (`CUDA_VISIBLE_DEVICES` chooses).
    Cuda,
}

impl Device {
    /// Makes the device usable and turns it into tch's.
    ///
    /// libtorch's CUDA part is loaded here, not linked, so that one program serves machines with
    /// and without it. libtorch looks for it only once: ask for CUDA before any other use of tch.
    ///
    /// # Errors
    /// [`Error::NoCuda`] says what is missing.
    pub fn open(self) -> Result<tch::Device, Error> {
        match self {
            Device::Cpu => Ok(tch::Device::Cpu),
            Device::Cuda => {
                load_cuda()?;
                if tch::Cuda::is_available() {
                    Ok(tch::Device::Cuda(0))
                } else {
                    Err(Error::NoCuda { reason: "libtorch sees no device".to_owned() })
                }
            }
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Device::Cpu => "cpu",
            Device::Cuda => "cuda",
        })
    }
}

mod ffi {
    use std::ffi::c_char;

    unsafe extern "C" {
        pub fn gpu_load_cuda() -> *const c_char;
    }
}

fn load_cuda() -> Result<(), Error> {
    // SAFETY: takes nothing. What it returns is null or a C string of this thread that lives
    // until the thread's next call into the dynamic loader.
    let problem: *const c_char = unsafe { ffi::gpu_load_cuda() };
    if problem.is_null() {
        return Ok(());
    }
    // SAFETY: not null, so a C string, see above; it is copied before anything else runs.
    let reason = unsafe { CStr::from_ptr(problem) }.to_string_lossy().into_owned();
    Err(Error::NoCuda { reason })
}
