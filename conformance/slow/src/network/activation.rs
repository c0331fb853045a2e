//! Activation functions in plain loops; every value of a ReLU is a fork.

use super::backward::{Backward, Gradients};
use super::forks::Forks;
use crate::array::Array;
use crate::scalar::Scalar;

/// `max(x, 0)`, with derivative 0 at 0; every value is a fork. NaN passes.
pub(super) fn relu<'p, S: Scalar>(x: &Array<S>, forks: &mut Forks) -> (Array<S>, Backward<'p, S>) {
    let zero = S::new(0.0);
    let scale = x.largest();
    let mut passes = Vec::with_capacity(x.data.len());
    let y = x.map(|x| {
        let x = if forks.flips_next() { mirrored(x) } else { x };
        let own = if x <= zero { (0, 1) } else { (1, 0) };
        let gap = |choice, _| if choice == 1 { x.value() } else { -x.value() };
        let choice = forks.choose(own, gap, scale);
        passes.push(choice == 1);
        if choice == 1 { x } else { zero }
    });
    let backward = move |dy: &Array<S>, _: &mut Gradients<S>| {
        let mut passes = passes.into_iter();
        dy.map(|d| if passes.next() == Some(true) { d } else { zero })
    };
    (y, Box::new(backward))
}

/// `−x`; for 0, which is its own mirror image, the least number that passes.
fn mirrored<S: Scalar>(x: S) -> S {
    if x == S::new(0.0) { S::new(f32::MIN_POSITIVE.into()) } else { -x }
}

/// The hyperbolic tangent; `dx = dy·(1 − y²)`.
pub(super) fn tanh<'p, S: Scalar>(x: &Array<S>) -> (Array<S>, Backward<'p, S>) {
    let y = x.map(S::tanh);
    let kept = y.clone();
    let backward =
        move |dy: &Array<S>, _: &mut Gradients<S>| dy.zip(&kept, |d, y| d * (S::new(1.0) - y * y));
    (y, Box::new(backward))
}

/// `x·Φ(x)` with `Φ(x) = (1 + erf(x/√2))/2`; `dx = dy·(Φ(x) + x·exp(−x²/2)/√(2π))`.
pub(super) fn gelu<'p, S: Scalar>(x: &Array<S>) -> (Array<S>, Backward<'p, S>) {
    let y = x.map(|x| x * normal_cdf(x));
    let x = x.clone();
    let backward = move |dy: &Array<S>, _: &mut Gradients<S>| {
        dy.zip(&x, |d, x| d * (normal_cdf(x) + x * normal_density(x)))
    };
    (y, Box::new(backward))
}

/// `Φ(x) = (1 + erf(x/√2))/2`.
fn normal_cdf<S: Scalar>(x: S) -> S {
    (S::new(1.0) + (x / S::new(2.0).sqrt()).erf()) / S::new(2.0)
}

/// `Φ'(x) = exp(−x²/2)/√(2π)`.
fn normal_density<S: Scalar>(x: S) -> S {
    (-(x * x) / S::new(2.0)).exp() / (S::new(2.0) * S::pi()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::forks::Fork;

    #[test]
    fn relu_stops_at_zero_and_passes_nan() {
        let x = Array { shape: vec![4], data: vec![-2.0, 0.0, 3.0, f64::NAN] };
        let mut forks = Forks::record();
        let (y, backward) = relu(&x, &mut forks);
        let dx = backward(&x.map(|_| 1.0), &mut Gradients::default());
        assert_eq!(y.data[..3], [0.0, 0.0, 3.0]);
        assert!(y.data[3].is_nan());
        assert_eq!(dx.data, [0.0, 0.0, 1.0, 1.0]);

        assert_eq!(forks.taken()[0], Fork { choice: 0, other: 1, gap: 2.0, scale: 3.0 });
        assert_eq!(forks.taken()[2], Fork { choice: 1, other: 0, gap: 3.0, scale: 3.0 });
        assert_eq!(forks.taken()[3].choice, 1);
    }

    #[test]
    fn relu_goes_where_it_is_told() {
        let x = Array { shape: vec![2], data: vec![-2.0, 3.0] };
        let told = [0, 1].map(|i| Fork { choice: 1 - i, other: i, gap: 0.0, scale: 0.0 });
        let mut forks = Forks::replay(&told);
        let (y, backward) = relu(&x, &mut forks);
        assert_eq!(y.data, [-2.0, 0.0]);
        assert_eq!(backward(&x.map(|_| 1.0), &mut Gradients::default()).data, [1.0, 0.0]);
        assert_eq!(forks.into_vec().iter().map(|fork| fork.gap).collect::<Vec<_>>(), [-2.0, -3.0]);
    }

    #[test]
    fn a_flipped_relu_sees_the_mirror_image() {
        let x = Array { shape: vec![4], data: vec![-2.0, 3.0, 0.0, 5.0] };
        let mut forks = Forks::record().flipping([0, 1, 2].into());
        let (y, backward) = relu(&x, &mut forks);
        assert_eq!(y.data, [2.0, 0.0, f32::MIN_POSITIVE.into(), 5.0]);
        assert_eq!(backward(&x.map(|_| 1.0), &mut Gradients::default()).data, [1.0, 0.0, 1.0, 1.0]);
        assert_eq!(forks.into_vec()[0], Fork { choice: 1, other: 0, gap: 2.0, scale: 5.0 });
    }
}
