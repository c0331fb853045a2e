//! Two controls: what has to live, and what dies if anything does.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use slow::Scalar;
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "identity", "S6", Identity, Identity, "A divided by 1/(1−β2) in the average V, which is the same";
    "control", "S12", Control, Control, "every parameter off by a millionth";
}

#[derive(Clone)]
struct Identity;

impl<S: Scalar> slow::Clauses<S> for Identity {
    fn average(&mut self, v: &mut [S], a: &[S], [_, beta2]: [f64; 2]) {
        let (keep, take) = (S::new(beta2), S::new(1.0 - beta2));
        for (v, &a) in v.iter_mut().zip(a) {
            *v = keep * *v + a / (S::new(1.0) / take);
        }
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for Identity {
    fn average(&mut self, v: &Tensor, a: &Tensor, [_, beta2]: [f64; 2]) -> Tensor {
        v * beta2 + a / (1.0 / (1.0 - beta2))
    }
}

#[derive(Clone)]
struct Control;

impl<S: Scalar> slow::Clauses<S> for Control {
    fn descend(&mut self, theta: &mut [S], update: &[S], at: &slow::ParameterStep) {
        slow::Definition.descend(theta, update, at);
        let off = S::new(1.0 + 1e-6);
        theta.iter_mut().for_each(|x| *x = *x * off);
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for Control {
    fn descend(&mut self, theta: &Tensor, update: &Tensor, at: &port::ParameterStep) -> Tensor {
        port::Definition.descend(theta, update, at) * (1.0 + 1e-6)
    }
}
