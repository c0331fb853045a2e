//! Lists of tensors, computed with at once: on CUDA a list takes one kernel or two, where one
//! tensor after the other takes a kernel each. On the CPU it is one after the other.
//!
//! A name ends with `_` where the first list is changed in place. Lists of an operation are equally
//! long; an empty one is left alone.

use tch::Tensor;
use torch_sys::C_tensor;

/// `self + weight·(end − self)`
pub(crate) fn lerp_(tensors: &mut [Tensor], ends: &[Tensor], weight: f64) {
    in_place(tensors, [ends], |this, [ends]| {
        // SAFETY: as `in_place` says.
        unsafe { ffi::gpu_foreach_lerp_(this, ends, weight) }
    });
}

/// `self·value`, with a value for each.
pub(crate) fn mul_(tensors: &mut [Tensor], values: &[f64]) {
    assert_eq!(tensors.len(), values.len());
    in_place(tensors, [], |this, []| {
        // SAFETY: as `in_place` says; there is a value for each.
        unsafe { ffi::gpu_foreach_mul_(this, values.as_ptr()) }
    });
}

/// `self·value`, with a value for each.
pub(crate) fn mul(tensors: &[Tensor], values: &[f64]) -> Vec<Tensor> {
    assert_eq!(tensors.len(), values.len());
    new(tensors, [], |this, [], out| {
        // SAFETY: as `new` says; there is a value for each.
        unsafe { ffi::gpu_foreach_mul(this, values.as_ptr(), out) }
    })
}

/// `self + alpha·other`
pub(crate) fn add_(tensors: &mut [Tensor], others: &[Tensor], alpha: f64) {
    in_place(tensors, [others], |this, [others]| {
        // SAFETY: as `in_place` says.
        unsafe { ffi::gpu_foreach_add_(this, others, alpha) }
    });
}

/// `self + alpha·other`
pub(crate) fn add(tensors: &[Tensor], others: &[Tensor], alpha: f64) -> Vec<Tensor> {
    new(tensors, [others], |this, [others], out| {
        // SAFETY: as `new` says.
        unsafe { ffi::gpu_foreach_add(this, others, alpha, out) }
    })
}

/// `self + value·a·b`, with a value for each; `b` may be broadcast.
pub(crate) fn addcmul_(tensors: &mut [Tensor], a: &[Tensor], b: &[Tensor], values: &[f64]) {
    assert_eq!(tensors.len(), values.len());
    in_place(tensors, [a, b], |this, [a, b]| {
        // SAFETY: as `in_place` says; there is a value for each.
        unsafe { ffi::gpu_foreach_addcmul_(this, a, b, values.as_ptr()) }
    });
}

/// `self + value·a/b`
pub(crate) fn addcdiv_(tensors: &mut [Tensor], a: &[Tensor], b: &[Tensor], value: f64) {
    in_place(tensors, [a, b], |this, [a, b]| {
        // SAFETY: as `in_place` says.
        unsafe { ffi::gpu_foreach_addcdiv_(this, a, b, value) }
    });
}

/// `1 / (√(v/divisor) + eps)`
pub(crate) fn inverse_root(v: &[Tensor], divisor: f64, eps: f64) -> Vec<Tensor> {
    new(v, [], |v, [], out| {
        // SAFETY: as `new` says.
        unsafe { ffi::gpu_foreach_inverse_root(v, divisor, eps, out) }
    })
}

/// `√v/divisor + eps`
pub(crate) fn root(v: &[Tensor], divisor: f64, eps: f64) -> Vec<Tensor> {
    new(v, [], |v, [], out| {
        // SAFETY: as `new` says.
        unsafe { ffi::gpu_foreach_root(v, divisor, eps, out) }
    })
}

/// A list of tensors as the C++ part takes it.
#[repr(C)]
#[derive(Clone, Copy)]
struct List {
    first: *const *const C_tensor,
    count: usize,
}

mod ffi {
    use super::{C_tensor, List};

    unsafe extern "C" {
        pub fn gpu_foreach_lerp_(this: List, ends: List, weight: f64) -> bool;
        pub fn gpu_foreach_mul_(this: List, values: *const f64) -> bool;
        pub fn gpu_foreach_mul(this: List, values: *const f64, out: *mut *mut C_tensor) -> bool;
        pub fn gpu_foreach_add_(this: List, others: List, alpha: f64) -> bool;
        pub fn gpu_foreach_add(
            this: List,
            others: List,
            alpha: f64,
            out: *mut *mut C_tensor,
        ) -> bool;
        pub fn gpu_foreach_addcmul_(this: List, a: List, b: List, values: *const f64) -> bool;
        pub fn gpu_foreach_addcdiv_(this: List, a: List, b: List, value: f64) -> bool;
        pub fn gpu_foreach_inverse_root(
            v: List,
            divisor: f64,
            eps: f64,
            out: *mut *mut C_tensor,
        ) -> bool;
        pub fn gpu_foreach_root(v: List, divisor: f64, eps: f64, out: *mut *mut C_tensor) -> bool;
    }
}

/// Hands lists of the same length to an operation that changes the first of them; they are valid
/// until it returns.
fn in_place<const N: usize>(
    tensors: &mut [Tensor],
    others: [&[Tensor]; N],
    operation: impl FnOnce(List, [List; N]) -> bool,
) {
    if tensors.is_empty() {
        return;
    }
    let (this, others) = (pointers(tensors), others.map(pointers));
    let lists = others.each_ref().map(|other| list(other, this.len()));
    assert!(operation(list(&this, this.len()), lists), "tensors that do not fit each other");
}

/// As [`in_place`], of an operation that fills a list of new tensors, as many as the first has.
fn new<const N: usize>(
    tensors: &[Tensor],
    others: [&[Tensor]; N],
    operation: impl FnOnce(List, [List; N], *mut *mut C_tensor) -> bool,
) -> Vec<Tensor> {
    if tensors.is_empty() {
        return Vec::new();
    }
    let (this, others) = (pointers(tensors), others.map(pointers));
    let lists = others.each_ref().map(|other| list(other, this.len()));
    let mut out = vec![std::ptr::null_mut(); this.len()];
    let fit = operation(list(&this, this.len()), lists, out.as_mut_ptr());
    assert!(fit, "tensors that do not fit each other");
    // SAFETY: the operation succeeded, so each is a new tensor that nobody else has.
    out.into_iter().map(|tensor| unsafe { Tensor::from_ptr(tensor) }).collect()
}

fn pointers(tensors: &[Tensor]) -> Vec<*const C_tensor> {
    tensors.iter().map(Tensor::as_ptr).collect()
}

fn list(pointers: &[*const C_tensor], count: usize) -> List {
    assert_eq!(pointers.len(), count);
    List { first: pointers.as_ptr(), count }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::values;

    fn of(numbers: [f64; 2]) -> Tensor {
        Tensor::from_slice(&numbers)
    }

    fn lists() -> [Vec<Tensor>; 3] {
        [
            vec![of([1.0, 2.0]), of([3.0, 4.0])],
            vec![of([5.0, 6.0]), of([-7.0, 8.0])],
            vec![of([0.5, 4.0]), of([2.0, -8.0])],
        ]
    }

    #[track_caller]
    fn assert_are(tensors: &[Tensor], expected: [[f64; 2]; 2]) {
        assert_eq!(tensors.iter().map(values).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn operations_are_what_their_equations_say() {
        let [x, a, b] = lists();
        let fresh = || x.iter().map(Tensor::copy).collect::<Vec<_>>();
        let changed = |operation: &dyn Fn(&mut [Tensor])| {
            let mut list = fresh();
            operation(&mut list);
            list
        };
        assert_are(&changed(&|x| lerp_(x, &a, 0.25)), [[2.0, 3.0], [0.5, 5.0]]);
        assert_are(&changed(&|x| mul_(x, &[2.0, -3.0])), [[2.0, 4.0], [-9.0, -12.0]]);
        assert_are(&mul(&x, &[2.0, -3.0]), [[2.0, 4.0], [-9.0, -12.0]]);
        assert_are(&changed(&|x| add_(x, &a, 0.5)), [[3.5, 5.0], [-0.5, 8.0]]);
        assert_are(&add(&x, &a, 0.5), [[3.5, 5.0], [-0.5, 8.0]]);
        let product = [[1.0 + 2.0 * 2.5, 2.0 + 2.0 * 24.0], [3.0 + 3.0 * 14.0, 4.0 + 3.0 * 64.0]];
        assert_are(&changed(&|x| addcmul_(x, &a, &b, &[2.0, -3.0])), product);
        assert_are(&changed(&|x| addcdiv_(x, &a, &b, 2.0)), [[21.0, 5.0], [-4.0, 2.0]]);
        assert_are(&x, [[1.0, 2.0], [3.0, 4.0]]);

        let v = [of([16.0, 64.0]), of([0.0, 4.0])];
        assert_are(&root(&v, 2.0, 0.5), [[2.5, 4.5], [0.5, 1.5]]);
        assert_are(&inverse_root(&v, 4.0, 2.0), [[0.25, 1.0 / 6.0], [0.5, 1.0 / 3.0]]);
    }

    #[test]
    fn a_row_is_broadcast_over_a_matrix() {
        let mut x = [Tensor::from_slice(&[1.0, 2.0, 3.0, 4.0]).view([2, 2])];
        let ones = [Tensor::ones([2, 2], (tch::Kind::Double, tch::Device::Cpu))];
        addcmul_(&mut x, &ones, &[of([10.0, 20.0]).view([1, 2])], &[0.5]);
        assert_eq!(values(&x[0]), [6.0, 12.0, 8.0, 14.0]);
    }

    #[test]
    fn nothing_is_done_to_an_empty_list() {
        mul_(&mut [], &[]);
        assert!(root(&[], 1.0, 0.0).is_empty());
    }
}
