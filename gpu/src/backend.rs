//! Where to compute, and what tch does not offer of libtorch. All unsafe code is here and in
//! `foreach`.

pub(crate) mod foreach;

use crate::error::Error;
use std::ffi::{CStr, c_char};
use std::fmt;
use tch::Tensor;

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
        pub safe fn gpu_reuse_memory();
        pub safe fn gpu_set_precision(tf32: bool, benchmark: bool, deterministic: bool) -> bool;
        pub fn gpu_allows_tf32(allowed: *mut bool) -> bool;
        pub fn gpu_sum_squares(
            x: *const torch_sys::C_tensor,
            sums: *mut torch_sys::C_tensor,
        ) -> bool;
        pub fn gpu_clear_gradient(tensor: *mut torch_sys::C_tensor) -> bool;
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

/// Lets the process keep the memory that it frees, up to 2 GiB; to be called once, at the start.
///
/// A training step on the CPU frees and allocates the same activations again and again. As glibc is
/// set up, these go back to the system every time, and the next step waits until the system has
/// cleared them.
pub fn reuse_memory() {
    ffi::gpu_reuse_memory();
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

/// The first CUDA device as its driver names it, or the processor; with the number of cores.
#[must_use]
pub fn machine(device: Device) -> String {
    let first = |text: &str, key: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(key)?.split_once(':'));
        value.map(|(_, value)| value.trim().to_owned())
    };
    match device {
        Device::Cpu => {
            let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
            let cores = std::thread::available_parallelism().map_or(0, usize::from);
            let model = first(&info, "model name").unwrap_or_else(|| "processor".to_owned());
            format!("{model}, {cores} cores")
        }
        Device::Cuda => {
            let drivers = glob::glob("/proc/driver/nvidia/gpus/*/information").into_iter();
            let texts = drivers.flatten().flatten().filter_map(|p| std::fs::read_to_string(p).ok());
            texts
                .filter_map(|text| first(&text, "Model"))
                .next()
                .unwrap_or("CUDA device".to_owned())
        }
    }
}

/// The commit of this program: `ADAACT_COMMIT` when it was built, or that of the checkout which it
/// was built in, marked if that was changed since; else `unknown`.
#[must_use]
pub fn commit() -> String {
    if let Some(commit) = option_env!("ADAACT_COMMIT") {
        return commit.to_owned();
    }
    let mut git = std::process::Command::new("git");
    let git = git.args(["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty"]);
    let output = git.output().ok().filter(|output| output.status.success());
    let text = output.and_then(|output| String::from_utf8(output.stdout).ok());
    text.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}

/// Makes a leaf's gradient absent (S15), where [`Tensor::zero_grad`] would leave zeros.
///
/// The next backward then stores its gradient instead of adding to zeros.
pub fn clear_gradient(tensor: &mut Tensor) {
    // SAFETY: tch's pointer is a live `at::Tensor`, borrowed mutably for the call.
    let cleared = unsafe { ffi::gpu_clear_gradient(tensor.as_mut_ptr()) };
    assert!(cleared, "only a leaf has a gradient to clear");
}

/// `Σ x²` over the first axis of a row-major tensor on the CPU.
///
/// libtorch would write down the squares before it sums them; this reads `x` once.
pub(crate) fn sum_squares(x: &Tensor) -> Tensor {
    let mut sums = Tensor::empty(&x.size()[1..], (x.kind(), x.device()));
    // SAFETY: both pointers are live `at::Tensor`s, the second one borrowed mutably.
    let summed = unsafe { ffi::gpu_sum_squares(x.as_ptr(), sums.as_mut_ptr()) };
    assert!(summed, "a row-major tensor of floating point numbers on the CPU");
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cleared_gradient_is_absent_not_zero() {
        let mut x = Tensor::from_slice(&[3.0]).set_requires_grad(true);
        (&x * &x).sum(tch::Kind::Double).backward();
        assert_eq!(x.grad().double_value(&[0]), 6.0);
        clear_gradient(&mut x);
        assert!(!x.grad().defined());
    }
}
