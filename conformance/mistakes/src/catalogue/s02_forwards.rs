//! S2: other forwards observed.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use slow::{Pass, Scalar};

mistakes! {
    "evaluation-observed", "S2", Observation, EvaluationObserved, "evaluation forwards observed as well";
    "first-forward-only", "S2", Observation, FirstForwardOnly, "only the first training forward of a step observed";
    "last-forward-only", "S2", Observation, LastForwardOnly, "only the last training forward of a step observed";
}

#[derive(Clone)]
struct EvaluationObserved;

impl<S: Scalar> slow::Clauses<S> for EvaluationObserved {
    fn observed<'p>(&mut self, passes: &'p [Pass<S>]) -> Vec<&'p Pass<S>> {
        passes.iter().collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EvaluationObserved {
    fn observed<'p>(&mut self, passes: &'p [port::Pass]) -> Vec<&'p port::Pass> {
        passes.iter().collect()
    }
}

#[derive(Clone)]
struct FirstForwardOnly;

impl<S: Scalar> slow::Clauses<S> for FirstForwardOnly {
    fn observed<'p>(&mut self, passes: &'p [Pass<S>]) -> Vec<&'p Pass<S>> {
        slow::training(passes).into_iter().take(1).collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for FirstForwardOnly {
    fn observed<'p>(&mut self, passes: &'p [port::Pass]) -> Vec<&'p port::Pass> {
        port::training(passes).into_iter().take(1).collect()
    }
}

#[derive(Clone)]
struct LastForwardOnly;

impl<S: Scalar> slow::Clauses<S> for LastForwardOnly {
    fn observed<'p>(&mut self, passes: &'p [Pass<S>]) -> Vec<&'p Pass<S>> {
        slow::training(passes).pop().into_iter().collect()
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for LastForwardOnly {
    fn observed<'p>(&mut self, passes: &'p [port::Pass]) -> Vec<&'p port::Pass> {
        port::training(passes).pop().into_iter().collect()
    }
}
