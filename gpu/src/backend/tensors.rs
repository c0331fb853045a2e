//! What tch cannot do with single tensors.

use tch::Tensor;

mod ffi {
    use torch_sys::C_tensor;

    unsafe extern "C" {
        pub fn gpu_clear_gradient(tensor: *mut C_tensor) -> bool;
        pub fn gpu_sum_squares(x: *const C_tensor, sums: *mut C_tensor) -> bool;
    }
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
