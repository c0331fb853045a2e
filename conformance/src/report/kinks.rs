//! Kinks that a trace took on the other side, as reports have them.

use crate::judge::Crossing;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;

/// A step that was judged with kinks taken on the other side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Kinks {
    /// The step, counted from 0.
    pub step: usize,
    /// How many kinks rounding may decide.
    pub open: usize,
    /// How many of them the trace takes on the other side.
    pub crossed: usize,
}

impl From<&Crossing> for Kinks {
    fn from(&Crossing { step, open, crossed }: &Crossing) -> Self {
        Self { step, open, crossed }
    }
}

/// `steps[0]: 1 of 2 open kinks taken on the other side`
impl fmt::Display for Kinks {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Kinks { step, open, crossed } = *self;
        Crossing { step, open, crossed }.fmt(f)
    }
}
