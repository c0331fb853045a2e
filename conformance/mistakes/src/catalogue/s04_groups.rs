//! S4: other columns for the groups of a convolution.

use super::statistics::mean;
use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use fixtures::model::Preconditioned;
use slow::Scalar;
#[cfg(feature = "tch")]
use tch::{Kind, Tensor};

mistakes! {
    "first-group-for-all", "S4", Patches, FirstGroupForAll, "the first group's columns used for every group";
    "groups-pooled", "S4", Patches, GroupsPooled, "the mean over groups used for every group";
}

#[derive(Clone)]
struct FirstGroupForAll;

impl<S: Scalar> slow::Clauses<S> for FirstGroupForAll {
    fn statistic(&mut self, _: &Preconditioned, groups: Vec<Vec<S>>) -> Vec<S> {
        groups[0].repeat(groups.len())
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for FirstGroupForAll {
    fn rows(&mut self, layer: &Preconditioned, x: &Tensor) -> Tensor {
        let rows = port::Definition.rows(layer, x);
        rows.narrow(2, 0, 1).expand_as(&rows)
    }
}

#[derive(Clone)]
struct GroupsPooled;

impl<S: Scalar> slow::Clauses<S> for GroupsPooled {
    fn statistic(&mut self, _: &Preconditioned, groups: Vec<Vec<S>>) -> Vec<S> {
        mean(&groups).expect("a group").repeat(groups.len())
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for GroupsPooled {
    fn statistic(&mut self, _: &Preconditioned, a: Tensor) -> Tensor {
        a.mean_dim([0].as_slice(), true, None::<Kind>).expand_as(&a)
    }
}
