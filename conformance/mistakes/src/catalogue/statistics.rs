//! Several statistics of a layer made into one, entry by entry.

use slow::Scalar;
#[cfg(feature = "tch")]
use tch::Tensor;

/// Their sum in the slow copy; none of none.
pub fn sum<S: Scalar>(all: &[Vec<S>]) -> Option<Vec<S>> {
    let first = all.first()?;
    Some((0..first.len()).map(|j| slow::sum(all.iter().map(|a| a[j]))).collect())
}

/// Their mean in the slow copy; none of none.
pub fn mean<S: Scalar>(all: &[Vec<S>]) -> Option<Vec<S>> {
    let count = S::new(all.len() as f64);
    Some(sum(all)?.into_iter().map(|x| x / count).collect())
}

/// Their sum in the port; none of none.
#[cfg(feature = "tch")]
pub fn port_sum(all: &[Tensor]) -> Option<Tensor> {
    all.iter().map(Tensor::shallow_clone).reduce(|sum, a| sum + a)
}

/// Their mean in the port; none of none.
#[cfg(feature = "tch")]
pub fn port_mean(all: &[Tensor]) -> Option<Tensor> {
    Some(port_sum(all)? / all.len() as f64)
}
