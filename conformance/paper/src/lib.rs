//! Judges the paper's claims about training by finished runs.
//!
//! [`Claims`] say what is claimed and which rules decide it; they are committed. [`find`] reads runs;
//! [`sift`] keeps those of the recipe and says why the others do not count. A [`Report`] has a
//! [`Table`] for every experiment and every label of images: AdaAct's runs are paired with another
//! optimizer's by seed ([`Pairing`]), each pair has a [`Gain`], their mean is tested in both
//! directions ([`TTest`]), and the result is a [`Verdict`]. A [`Plan`] lists the missing runs.
//! `docs/paper.md` says what the verdicts mean.
//!
//! Comparisons are written so that NaN confirms nothing.

mod claims;
mod counted;
mod experiment;
mod gain;
mod json;
mod number;
mod pace;
mod pairing;
mod plan;
mod recipe;
mod report;
mod runs;
mod script;
mod statistics;
mod text;
mod verdict;

pub use claims::{Claim, Claims, ClaimsSchema, Kind, Paper, Rules, Status};
pub use counted::Counted;
pub use experiment::Experiment;
pub use gain::Gain;
pub use number::{NOT_TRANSCRIBED, Number};
pub use pace::Pace;
pub use pairing::{Pair, Pairing};
pub use plan::{Plan, Round, Training};
pub use recipe::{Averaging, Hyperparameter, Momentum, Recipe};
pub use report::{Report, Row, Scope, Table};
pub use runs::{Found, SetAside, Sifted, find, find_some, sift};
pub use statistics::{MOST_PAIRS, Sample, TTest, median, pairs_needed};
pub use verdict::{Judgement, Open, Part, Verdict};
