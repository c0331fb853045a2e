//! S20: a saved state restored in another way.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use fixtures::{LayerState, State};
use slow::{Averages, Scalar, Shape};

mistakes! {
    "state-forgotten", "S20", State, StateForgotten, "the saved state ignored";
    "step-forgotten", "S20", State, StepForgotten, "t started anew after a stop";
    "step-restored-early", "S20", State, StepRestoredEarly, "t restored one too low";
    "step-restored-late", "S20", State, StepRestoredLate, "t restored one too high";
    "ema-forgotten", "S20", State, EmaForgotten, "V started anew after a stop";
    "momentum-forgotten", "S20", State, MomentumForgotten, "M started anew after a stop";
}

#[derive(Clone)]
struct StateForgotten;

impl<S: Scalar> slow::Clauses<S> for StateForgotten {
    fn restored_clock(&mut self, _: Option<&State>) -> u64 {
        0
    }

    fn restored(&mut self, layer: &Shape, _: Option<&LayerState>, _: u64) -> Averages<S> {
        Averages::zeros(layer)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for StateForgotten {
    fn restored_clock(&mut self, _: Option<&State>) -> u64 {
        0
    }

    fn restore(&mut self, _: &mut port::Averages, _: Option<&LayerState>, _: u64) {}
}

#[derive(Clone)]
struct StepForgotten;

impl<S: Scalar> slow::Clauses<S> for StepForgotten {
    fn restored_clock(&mut self, _: Option<&State>) -> u64 {
        0
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for StepForgotten {
    fn restored_clock(&mut self, _: Option<&State>) -> u64 {
        0
    }
}

#[derive(Clone)]
struct StepRestoredEarly;

impl<S: Scalar> slow::Clauses<S> for StepRestoredEarly {
    fn restored_clock(&mut self, state: Option<&State>) -> u64 {
        state.map_or(0, |state| state.step.saturating_sub(1))
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for StepRestoredEarly {
    fn restored_clock(&mut self, state: Option<&State>) -> u64 {
        state.map_or(0, |state| state.step.saturating_sub(1))
    }
}

#[derive(Clone)]
struct StepRestoredLate;

impl<S: Scalar> slow::Clauses<S> for StepRestoredLate {
    fn restored_clock(&mut self, state: Option<&State>) -> u64 {
        state.map_or(0, |state| state.step + 1)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for StepRestoredLate {
    fn restored_clock(&mut self, state: Option<&State>) -> u64 {
        state.map_or(0, |state| state.step + 1)
    }
}

#[derive(Clone)]
struct EmaForgotten;

impl<S: Scalar> slow::Clauses<S> for EmaForgotten {
    fn restored(&mut self, layer: &Shape, saved: Option<&LayerState>, t: u64) -> Averages<S> {
        Averages { v: Averages::zeros(layer).v, ..slow::Definition.restored(layer, saved, t) }
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for EmaForgotten {
    fn restore(&mut self, averages: &mut port::Averages, saved: Option<&LayerState>, _: u64) {
        if let Some(saved) = saved {
            averages.restore_m(saved);
        }
    }
}

#[derive(Clone)]
struct MomentumForgotten;

impl<S: Scalar> slow::Clauses<S> for MomentumForgotten {
    fn restored(&mut self, layer: &Shape, saved: Option<&LayerState>, t: u64) -> Averages<S> {
        Averages { m: Averages::zeros(layer).m, ..slow::Definition.restored(layer, saved, t) }
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for MomentumForgotten {
    fn restore(&mut self, averages: &mut port::Averages, saved: Option<&LayerState>, _: u64) {
        if let Some(saved) = saved {
            averages.restore_v(saved);
        }
    }
}
