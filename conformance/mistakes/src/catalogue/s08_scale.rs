//! S8: ε elsewhere, another root.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use slow::Scalar;
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "epsilon-inside-root", "S8", Optimizer, EpsilonInsideRoot, "ε inside the root";
    "epsilon-squared-inside", "S8", Optimizer, EpsilonSquaredInside, "ε² inside the root";
    "epsilon-before-correction", "S8", Optimizer, EpsilonBeforeCorrection, "ε added before the bias correction";
    "epsilon-absent", "S8", Optimizer, EpsilonAbsent, "no ε";
    "epsilon-as-floor", "S8", Optimizer, EpsilonAsFloor, "ε as the least value of the root instead of a summand";
    "no-root", "S8", Optimizer, NoRoot, "no root";
    "fourth-root", "S8", Optimizer, FourthRoot, "the fourth root";
}

#[derive(Clone)]
struct EpsilonInsideRoot;

impl<S: Scalar> slow::Clauses<S> for EpsilonInsideRoot {
    fn scale(&mut self, v_hat: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        inverses(v_hat, at, |v_hat, eps| (v_hat + eps).sqrt())
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EpsilonInsideRoot {
    fn scale(&mut self, v_hat: &Tensor, at: &port::LayerStep) -> Tensor {
        (v_hat + at.step.settings.eps).sqrt().reciprocal()
    }
}

#[derive(Clone)]
struct EpsilonSquaredInside;

impl<S: Scalar> slow::Clauses<S> for EpsilonSquaredInside {
    fn scale(&mut self, v_hat: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        inverses(v_hat, at, |v_hat, eps| (v_hat + eps * eps).sqrt())
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EpsilonSquaredInside {
    fn scale(&mut self, v_hat: &Tensor, at: &port::LayerStep) -> Tensor {
        let eps = at.step.settings.eps;
        (v_hat + eps * eps).sqrt().reciprocal()
    }
}

#[derive(Clone)]
struct EpsilonBeforeCorrection;

impl<S: Scalar> slow::Clauses<S> for EpsilonBeforeCorrection {
    fn corrected(&mut self, v: &[S], _: &slow::LayerStep<S>) -> Vec<S> {
        v.to_vec()
    }

    fn scale(&mut self, v: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        let root = S::new(1.0).over_correction(at.step.betas[1], at.step.t).sqrt();
        inverses(v, at, |v, eps| (v.sqrt() + eps) * root)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EpsilonBeforeCorrection {
    fn corrected(&mut self, v: &Tensor, _: &port::LayerStep) -> Tensor {
        v.shallow_clone()
    }

    fn scale(&mut self, v: &Tensor, at: &port::LayerStep) -> Tensor {
        let unbias = port::unbias(at.step.betas[1], at.step.t);
        ((v.sqrt() + at.step.settings.eps) / unbias.sqrt()).reciprocal()
    }
}

#[derive(Clone)]
struct EpsilonAbsent;

impl<S: Scalar> slow::Clauses<S> for EpsilonAbsent {
    fn scale(&mut self, v_hat: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        inverses(v_hat, at, |v_hat, _| v_hat.sqrt())
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EpsilonAbsent {
    fn scale(&mut self, v_hat: &Tensor, _: &port::LayerStep) -> Tensor {
        v_hat.sqrt().reciprocal()
    }
}

#[derive(Clone)]
struct EpsilonAsFloor;

impl<S: Scalar> slow::Clauses<S> for EpsilonAsFloor {
    fn scale(&mut self, v_hat: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        inverses(v_hat, at, |v_hat, eps| {
            let root = v_hat.sqrt();
            if root < eps { eps } else { root }
        })
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EpsilonAsFloor {
    fn scale(&mut self, v_hat: &Tensor, at: &port::LayerStep) -> Tensor {
        v_hat.sqrt().clamp_min(at.step.settings.eps).reciprocal()
    }
}

#[derive(Clone)]
struct NoRoot;

impl<S: Scalar> slow::Clauses<S> for NoRoot {
    fn scale(&mut self, v_hat: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        inverses(v_hat, at, |v_hat, eps| v_hat + eps)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for NoRoot {
    fn scale(&mut self, v_hat: &Tensor, at: &port::LayerStep) -> Tensor {
        (v_hat + at.step.settings.eps).reciprocal()
    }
}

#[derive(Clone)]
struct FourthRoot;

impl<S: Scalar> slow::Clauses<S> for FourthRoot {
    fn scale(&mut self, v_hat: &[S], at: &slow::LayerStep<S>) -> Vec<S> {
        inverses(v_hat, at, |v_hat, eps| v_hat.sqrt().sqrt() + eps)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for FourthRoot {
    fn scale(&mut self, v_hat: &Tensor, at: &port::LayerStep) -> Tensor {
        (v_hat.sqrt().sqrt() + at.step.settings.eps).reciprocal()
    }
}

/// 1 over what `of` makes of each entry and ε.
fn inverses<S: Scalar>(v_hat: &[S], at: &slow::LayerStep<S>, of: impl Fn(S, S) -> S) -> Vec<S> {
    let eps = S::new(at.step.settings.eps);
    v_hat.iter().map(|&v_hat| S::new(1.0) / of(v_hat, eps)).collect()
}
