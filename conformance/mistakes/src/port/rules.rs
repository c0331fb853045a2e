//! What the port follows: clauses for each part of a run.

use super::clauses::{Clauses, Definition};
use slow::Part;

/// AdaAct, or a mistake.
pub trait Rules {
    /// The mistake's name, if it is one.
    fn mistake(&self) -> Option<&'static str>;

    /// New clauses for a part of a run.
    fn clauses(&self, part: Part) -> Box<dyn Clauses>;
}

impl Rules for Definition {
    fn mistake(&self) -> Option<&'static str> {
        None
    }

    fn clauses(&self, _: Part) -> Box<dyn Clauses> {
        Box::new(Definition)
    }
}
