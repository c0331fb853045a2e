//! Which cases or scenarios a mistake dies in, and whether that is what has to be.

use crate::bounds::Bounds;
use crate::compare::Judged;
use crate::diagnosis::Honest;
use crate::judge::first_divergence;
use crate::scenarios::{Noticed, noticed};
use fixtures::model::{self, Preconditioned, PreconditionedLayer};
use fixtures::{Case, StepTrace};
use mistakes::{Kind, Mistake};
use rayon::prelude::*;
use slow::{Compiled, Rules, sees_tokens};
use std::fmt;
use std::sync::OnceLock;

/// A mistake has to be off by this many times the bound that kills it, in some case.
pub const MARGIN: f64 = 10.0;

/// A case, made ready for mistakes: what they have in common in it is computed once.
pub struct Prepared<'c> {
    case: &'c Case,
    bounds: &'c Bounds,
    float64: Precision<'c, f64>,
    float32: Precision<'c, f32>,
}

struct Precision<'c, S: Compiled> {
    honest: Honest<'c, S>,
    divergence: OnceLock<Option<Judged>>,
}

/// What becomes of a mistake.
#[derive(Clone, Debug)]
pub struct Fate {
    /// Which mistake.
    pub mistake: &'static Mistake,
    /// Its deaths in float64, in the order of the corpus.
    pub float64: Vec<Kill>,
    /// Its deaths in float32.
    pub float32: Vec<Kill>,
    /// The scenarios that notice a mistake of [`Kind::Beyond`]; no other mistake runs them.
    pub scenarios: Vec<Noticed>,
}

/// A mistake's death in a case.
#[derive(Clone, Debug)]
pub struct Kill {
    /// The case's name.
    pub case: String,
    /// What the case's layers observe.
    pub rows: Rows,
    /// The first divergence, as the judge names it.
    pub divergence: Judged,
}

/// What kinds of rows the layers of a case observe; a case may have both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Patches of images: the case has a convolution.
    pub patches: bool,
    /// Tokens: a linear layer reads an input of more than two axes.
    pub tokens: bool,
}

/// Why a mistake's fate is not what it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No case notices it, or no scenario.
    Lives,
    /// The identity died.
    Dies,
    /// Nowhere is it off by [`MARGIN`] times the bound.
    Narrow,
    /// A mistake of the observation that no convolution notices.
    NoConvolution,
    /// A mistake of the observation that no tokens notice.
    NoTokens,
}

impl Fate {
    /// Runs the slow copy with a mistake over the corpus, in float64 and in float32, and judges its
    /// traces as a port's; `tick` is called after every trace. One of [`Kind::Beyond`] runs the
    /// scenarios instead.
    #[must_use]
    pub fn of(mistake: &'static Mistake, corpus: &[Prepared], tick: impl Fn() + Sync) -> Self {
        if mistake.kind == Kind::Beyond {
            return Self { mistake, float64: vec![], float32: vec![], scenarios: noticed(mistake) };
        }
        let (float64, float32) = rayon::join(
            || kills(mistake, corpus, |case| &case.float64, &tick),
            || kills(mistake, corpus, |case| &case.float32, &tick),
        );
        Self { mistake, float64, float32, scenarios: vec![] }
    }

    /// The death in float64 by the widest margin.
    #[must_use]
    pub fn sharpest(&self) -> Option<&Kill> {
        self.float64.iter().max_by(|a, b| a.margin().total_cmp(&b.margin()))
    }

    /// What is wrong with this fate, if anything: a mistake has to die in float64 by a wide margin,
    /// one of the observation in a convolution and in tokens, one that no case can say in a
    /// scenario; the identity has to live.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let dies_in = |of: fn(&Rows) -> bool| self.float64.iter().any(|kill| of(&kill.rows));
        let observed = matches!(self.mistake.kind, Kind::Observation | Kind::Patches);
        let margin = self.sharpest().map_or(0.0, Kill::margin);
        match self.mistake.kind {
            Kind::Identity if !(self.float64.is_empty() && self.float32.is_empty()) => {
                Some(Fault::Dies)
            }
            Kind::Identity => None,
            Kind::Beyond if self.scenarios.is_empty() => Some(Fault::Lives),
            Kind::Beyond => None,
            _ if self.float64.is_empty() => Some(Fault::Lives),
            _ if !(margin >= MARGIN) => Some(Fault::Narrow),
            _ if observed && !dies_in(|rows| rows.patches) => Some(Fault::NoConvolution),
            _ if observed && !dies_in(|rows| rows.tokens) => Some(Fault::NoTokens),
            _ => None,
        }
    }
}

impl Kill {
    /// How many times the bound the trace was off.
    #[must_use]
    pub fn margin(&self) -> f64 {
        self.divergence.deviation.error / self.divergence.bound
    }
}

fn kills<S: Compiled>(
    mistake: &dyn Rules<S>,
    corpus: &[Prepared],
    precision: for<'p, 'c> fn(&'p Prepared<'c>) -> &'p Precision<'c, S>,
    tick: &(impl Fn() + Sync),
) -> Vec<Kill> {
    let in_case = |prepared: &Prepared| {
        let Prepared { case, bounds, .. } = prepared;
        let divergence = precision(prepared).divergence(case, bounds, mistake);
        tick();
        let kill = |divergence| Kill { case: case.name.clone(), rows: Rows::of(case), divergence };
        divergence.map(kill)
    };
    corpus.par_iter().filter_map(in_case).collect()
}

impl<'c> Prepared<'c> {
    /// The cases of a corpus, in its order.
    #[must_use]
    pub fn all(corpus: &'c [(Case, Bounds)]) -> Vec<Self> {
        let prepared = |(case, bounds): &'c (Case, Bounds)| Self {
            case,
            bounds,
            float64: Precision::of(case),
            float32: Precision::of(case),
        };
        corpus.iter().map(prepared).collect()
    }
}

impl<'c, S: Compiled> Precision<'c, S> {
    fn of(case: &'c Case) -> Self {
        Self { honest: Honest::of(case), divergence: OnceLock::new() }
    }

    /// Where the slow copy first diverges with a mistake. Where that changes no bit of the trace, it
    /// is where it does without.
    fn divergence(&self, case: &Case, bounds: &Bounds, rules: &dyn Rules<S>) -> Option<Judged> {
        let first = |steps: &mut dyn Iterator<Item = StepTrace>| {
            let divergence = first_divergence(case, S::DTYPE, steps, bounds);
            divergence.expect("the reference runs every case of the corpus")
        };
        let Self { honest, divergence } = self;
        let mut session = honest.restarted(rules);
        let mut steps = (0..case.steps.len()).map(|step| honest.step_by(step, &mut session));
        let mut begun = Vec::new();
        for (step, got) in steps.by_ref().enumerate() {
            let is_changed = got != *honest.step(step);
            begun.push(got);
            if is_changed {
                return first(&mut begun.into_iter().chain(steps));
            }
        }
        divergence.get_or_init(|| first(&mut begun.into_iter())).clone()
    }
}

impl Rows {
    /// Those of a case.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let convolution =
            |layer: &Preconditioned| matches!(layer.layer, PreconditionedLayer::Conv2d(_));
        let patches = model::preconditioned(&case.model).iter().any(convolution);
        Self { patches, tokens: sees_tokens(case) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Fault::Lives => "LIVES",
            Fault::Dies => "DIES, and has to live",
            Fault::Narrow => "dies by less than ten times its bound",
            Fault::NoConvolution => "lives in every convolution case",
            Fault::NoTokens => "lives in every token case",
        })
    }
}
