//! S18: refused values accepted. No case has any, so the port is as it is defined.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use slow::Scalar;

mistakes! {
    "beta-one-accepted", "S18", Beyond, BetaOneAccepted, "β = 1 accepted";
    "negative-accepted", "S18", Beyond, NegativeAccepted, "negative rates accepted";
    "nan-accepted", "S18", Beyond, NanAccepted, "NaN accepted, since no comparison refuses it";
}

#[derive(Clone)]
struct BetaOneAccepted;

impl<S: Scalar> slow::Clauses<S> for BetaOneAccepted {
    fn is_beta(&self, x: f64) -> bool {
        (0.0..=1.0).contains(&x)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for BetaOneAccepted {}

#[derive(Clone)]
struct NegativeAccepted;

impl<S: Scalar> slow::Clauses<S> for NegativeAccepted {
    fn is_beta(&self, x: f64) -> bool {
        x < 1.0
    }

    fn is_rate(&self, x: f64) -> bool {
        x.is_finite()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for NegativeAccepted {}

#[derive(Clone)]
struct NanAccepted;

impl<S: Scalar> slow::Clauses<S> for NanAccepted {
    fn is_beta(&self, x: f64) -> bool {
        x.is_nan() || (0.0..1.0).contains(&x)
    }

    fn is_rate(&self, x: f64) -> bool {
        x.is_nan() || (x >= 0.0 && x.is_finite())
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for NanAccepted {}
