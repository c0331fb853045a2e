//! S14: other rates of groups and schedules.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use fixtures::{Group, Optimizer};
use slow::Scalar;

mistakes! {
    "group-rates-ignored", "S14", Optimizer, GroupRatesIgnored, "the groups' own rates ignored";
    "group-decays-ignored", "S14", Optimizer, GroupDecaysIgnored, "the groups' own decays ignored";
    "schedule-ignored", "S14", Optimizer, ScheduleIgnored, "the schedule's rates ignored";
    "schedule-overrides-groups", "S14", Optimizer, ScheduleOverridesGroups, "the schedule's rate in place of the groups' own";
    "schedule-spares-groups", "S14", Optimizer, ScheduleSparesGroups, "groups with a rate of their own left out of the schedule";
    "schedule-sticks", "S14", Optimizer, ScheduleSticks::default(), "the last scheduled rate kept where none is given";
    "bias-in-weights-group", "S14", Optimizer, BiasInWeightsGroup, "a bias given the rates of its layer's weight";
}

#[derive(Clone)]
struct GroupRatesIgnored;

impl<S: Scalar> slow::Clauses<S> for GroupRatesIgnored {
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        (lr.unwrap_or(settings.lr), settings.rates(parameter, lr).1)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for GroupRatesIgnored {
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        (lr.unwrap_or(settings.lr), port::Definition.rates(settings, parameter, lr).1)
    }
}

#[derive(Clone)]
struct GroupDecaysIgnored;

impl<S: Scalar> slow::Clauses<S> for GroupDecaysIgnored {
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        (settings.rates(parameter, lr).0, settings.weight_decay)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for GroupDecaysIgnored {
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        (port::Definition.rates(settings, parameter, lr).0, settings.weight_decay)
    }
}

#[derive(Clone)]
struct ScheduleIgnored;

impl<S: Scalar> slow::Clauses<S> for ScheduleIgnored {
    fn scheduled(&mut self, _: Option<f64>) -> Option<f64> {
        None
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ScheduleIgnored {
    fn scheduled(&mut self, _: Option<f64>) -> Option<f64> {
        None
    }
}

#[derive(Clone)]
struct ScheduleOverridesGroups;

impl<S: Scalar> slow::Clauses<S> for ScheduleOverridesGroups {
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        let (own, decay) = settings.rates(parameter, lr);
        (lr.unwrap_or(own), decay)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ScheduleOverridesGroups {
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        let (own, decay) = port::Definition.rates(settings, parameter, lr);
        (lr.unwrap_or(own), decay)
    }
}

#[derive(Clone)]
struct ScheduleSparesGroups;

impl<S: Scalar> slow::Clauses<S> for ScheduleSparesGroups {
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        let (right, decay) = settings.rates(parameter, lr);
        let holds = |group: &&Group| group.parameters.iter().any(|name| name == parameter);
        let own = settings.groups.iter().find(holds).and_then(|group| group.lr);
        (own.unwrap_or(right), decay)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ScheduleSparesGroups {
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        let (right, decay) = port::Definition.rates(settings, parameter, lr);
        let group = settings.groups.iter().find(|g| g.parameters.iter().any(|p| p == parameter));
        (group.and_then(|group| group.lr).unwrap_or(right), decay)
    }
}

/// Remembers the last rate that the schedule gave.
#[derive(Clone, Default)]
struct ScheduleSticks {
    last: Option<f64>,
}

impl<S: Scalar> slow::Clauses<S> for ScheduleSticks {
    fn scheduled(&mut self, lr: Option<f64>) -> Option<f64> {
        self.last = lr.or(self.last);
        self.last
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ScheduleSticks {
    fn scheduled(&mut self, lr: Option<f64>) -> Option<f64> {
        self.last = lr.or(self.last);
        self.last
    }
}

#[derive(Clone)]
struct BiasInWeightsGroup;

impl<S: Scalar> slow::Clauses<S> for BiasInWeightsGroup {
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        let weight = parameter.strip_suffix(".bias").map(|layer| format!("{layer}.weight"));
        settings.rates(weight.as_deref().unwrap_or(parameter), lr)
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for BiasInWeightsGroup {
    fn rates(&mut self, settings: &Optimizer, parameter: &str, lr: Option<f64>) -> (f64, f64) {
        match parameter.strip_suffix(".bias") {
            Some(layer) => port::Definition.rates(settings, &format!("{layer}.weight"), lr),
            None => port::Definition.rates(settings, parameter, lr),
        }
    }
}
