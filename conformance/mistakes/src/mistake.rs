//! A mistake: its name, its clause, its words, and what it makes of the slow copy and of the port.

#[cfg(feature = "tch")]
use crate::port;
use slow::{Clauses, Part};
use std::fmt;

/// A deviation of one line from AdaAct or its observation, as a port makes it.
pub struct Mistake {
    /// The permanent name.
    pub name: &'static str,
    /// The clause that it breaks.
    pub clause: &'static str,
    /// What it changes.
    pub kind: Kind,
    /// What it does, to follow "what comes out with".
    pub what: &'static str,
    /// The name of the mistake that does to all columns what this one does to all but the bias's:
    /// that of a port which appends the 1 to the rows, where this one appends it to their mean.
    pub simpler: Option<&'static str>,
    /// What it makes of the slow copy in float64.
    pub(crate) slow64: fn(Part) -> Box<dyn Clauses<f64>>,
    /// And in float32.
    pub(crate) slow32: fn(Part) -> Box<dyn Clauses<f32>>,
    /// What it makes of the port on libtorch.
    #[cfg(feature = "tch")]
    pub(crate) port: fn(Part) -> Box<dyn port::Clauses>,
}

/// What a mistake changes, which decides where it has to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The observation of any layer: dies in a convolution case and in a token case.
    Observation,
    /// The patches of a convolution: has no meaning for a linear layer.
    Patches,
    /// The optimizer.
    Optimizer,
    /// What a run makes of a saved state: shows where a case starts from one.
    State,
    /// What no case file can say: an absent gradient, a refused value (S15, S18). Dies in a scenario.
    Beyond,
    /// Nothing that a bound may see: it has to live.
    Identity,
    /// A little of everything: if it lives, the judge sleeps.
    Control,
}

impl Kind {
    /// Whether a case can show it.
    #[must_use]
    pub fn shows_in_cases(self) -> bool {
        match self {
            Kind::Observation | Kind::Patches | Kind::Optimizer | Kind::State | Kind::Control => {
                true
            }
            Kind::Beyond | Kind::Identity => false,
        }
    }
}

/// The table of a file of mistakes: name, clause, kind, the clauses that differ, for the slow copy and
/// for the port alike, and what that does. `in` names a test for the parts of a run that they are
/// for, if not all; `like` the simpler mistake.
macro_rules! mistakes {
    ($(
        $name:literal, $clause:literal, $kind:ident, $clauses:expr, $what:literal
        $(, in $part:ident)? $(, like $simpler:literal)?;
    )+) => {
        /// The mistakes of this file.
        pub static MISTAKES: &[$crate::mistake::Mistake] = &[
            $($crate::mistake::Mistake {
                name: $name,
                clause: $clause,
                kind: $crate::mistake::Kind::$kind,
                what: $what,
                simpler: mistakes!(@simpler $($simpler)?),
                slow64: mistakes!(@make slow, $clauses $(, $part)?),
                slow32: mistakes!(@make slow, $clauses $(, $part)?),
                #[cfg(feature = "tch")]
                port: mistakes!(@make port, $clauses $(, $part)?),
            },)+
        ];
    };
    (@simpler) => { None };
    (@simpler $simpler:literal) => { Some($simpler) };
    (@make $copy:ident, $clauses:expr) => { |_| Box::new($clauses) };
    (@make $copy:ident, $clauses:expr, $is_for:ident) => {
        |part| if $is_for(&part) { Box::new($clauses) } else { Box::new($copy::Definition) }
    };
}
pub(crate) use mistakes;

impl slow::Rules<f64> for Mistake {
    fn name(&self) -> &'static str {
        self.name
    }

    fn clauses(&self, part: Part) -> Box<dyn Clauses<f64>> {
        (self.slow64)(part)
    }
}

impl slow::Rules<f32> for Mistake {
    fn name(&self) -> &'static str {
        self.name
    }

    fn clauses(&self, part: Part) -> Box<dyn Clauses<f32>> {
        (self.slow32)(part)
    }
}

#[cfg(feature = "tch")]
impl port::Rules for Mistake {
    fn mistake(&self) -> Option<&'static str> {
        Some(self.name)
    }

    fn clauses(&self, part: Part) -> Box<dyn port::Clauses> {
        (self.port)(part)
    }
}

/// No two have the same name.
impl PartialEq for Mistake {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Mistake {}

impl fmt::Debug for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name)
    }
}
