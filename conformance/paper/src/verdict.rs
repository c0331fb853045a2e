//! What is found of a claim.

use super::claims::{Claim, Rules};
use super::gain::Gain;
use super::pairing::Pairing;
use super::statistics::{MOST_PAIRS, Sample, TTest, pairs_needed};
use std::fmt;

/// What is found of a claim, or of one of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The mean gain is above the bound, at the level of significance, and nothing speaks against
    /// the runs.
    Confirmed,
    /// The mean gain is below the bound, at the level of significance.
    Refuted,
    /// Neither.
    Undecided(Open),
    /// There is no run of either optimizer.
    NotRun,
}

/// What would decide an undecided claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// So many more pairs, which take so many more runs.
    Needs {
        /// Pairs.
        pairs: usize,
        /// Runs, fewer if halves of pairs are there.
        runs: usize,
    },
    /// More pairs than are worth training: the mean gain is as good as on the bound.
    OnTheBound,
    /// No number of runs: what the pairs say points to the claim, but one of them cannot speak for
    /// it.
    Blocked(String),
}

/// A claim held against the runs of one table: as a whole, or for one training loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The training loss to reach, where the claim has some.
    pub loss: Option<f64>,
    /// Gains of AdaAct over all pairs.
    pub gains: Sample,
    /// What their mean has to be above.
    pub bound: f64,
    /// The test of that.
    pub test: TTest,
    /// What is found.
    pub verdict: Verdict,
}

/// A claim held against the runs of one table.
#[derive(Clone, Debug)]
pub struct Judgement<'r> {
    /// The claim.
    pub claim: &'r Claim,
    /// The runs that it compares.
    pub pairing: Pairing<'r>,
    /// One part, or one for each training loss.
    pub parts: Vec<Part>,
    /// What is found of the whole.
    pub verdict: Verdict,
}

impl<'r> Judgement<'r> {
    /// Judges a claim by the runs that it compares.
    #[must_use]
    pub fn new(claim: &'r Claim, rules: &Rules, pairing: Pairing<'r>) -> Self {
        let losses = match claim.losses.as_slice() {
            [] => vec![None],
            losses => losses.iter().copied().map(Some).collect(),
        };
        // The claim is refuted if any part is: their levels add up to that of the claim.
        let refuting = rules.significance / losses.len() as f64;
        let judge = |loss| Part::new(claim, loss, rules, refuting, &pairing);
        let parts: Vec<_> = losses.into_iter().map(judge).collect();
        let verdict = Verdict::of_all(&parts);
        Self { claim, pairing, parts, verdict }
    }
}

impl Part {
    fn new(
        claim: &Claim,
        loss: Option<f64>,
        rules: &Rules,
        refuting: f64,
        pairing: &Pairing,
    ) -> Self {
        let gains: Vec<_> = pairing.pairs.iter().map(|pair| Gain::of(claim, loss, pair)).collect();
        let values: Vec<_> = gains.iter().map(|gain| gain.value).collect();
        let sample = Sample::of(&values);
        let tested = sample.scattering(claim.kind.scatter());
        let bound = claim.kind.bound(claim.margin);
        let test = TTest::new(&tested, bound);
        let obstacle = gains.into_iter().find_map(|gain| gain.obstacle);

        let needs = |pairs| Open::Needs { pairs, runs: pairing.runs_for(pairs) };
        let verdict = if pairing.is_empty() {
            Verdict::NotRun
        } else if sample.count < rules.pairs {
            Verdict::Undecided(needs(rules.pairs - sample.count))
        } else if test.below < refuting {
            Verdict::Refuted
        } else {
            match obstacle {
                // Unless the mean is below the bound, and more runs may refute the claim.
                Some(obstacle) if !(sample.mean < bound) => {
                    Verdict::Undecided(Open::Blocked(obstacle))
                }
                None if test.above < rules.significance => Verdict::Confirmed,
                _ => {
                    let below = sample.mean < bound;
                    let level = if below { refuting } else { rules.significance };
                    let pairs = pairs_needed(&tested, bound, level, rules.power);
                    let more = pairs.map(|pairs| needs(pairs - sample.count));
                    Verdict::Undecided(more.unwrap_or(Open::OnTheBound))
                }
            }
        };
        Self { loss, gains: sample, bound, test, verdict }
    }
}

impl Verdict {
    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Confirmed => "confirmed",
            Verdict::Refuted => "refuted",
            Verdict::Undecided(_) => "undecided",
            Verdict::NotRun => "not run",
        }
    }

    /// Refuted if one part is, confirmed if all are; otherwise what the most difficult part needs.
    fn of_all(parts: &[Part]) -> Self {
        let hardest = |part: &&Part| part.verdict.difficulty();
        let hardest = parts.iter().max_by_key(hardest).expect("a claim has parts");
        hardest.verdict.clone()
    }

    /// Orders verdicts on parts: the largest is the one on the whole.
    fn difficulty(&self) -> (u8, usize) {
        match self {
            Verdict::Confirmed => (0, 0),
            Verdict::NotRun => (1, 0),
            Verdict::Undecided(Open::Needs { pairs, .. }) => (2, *pairs),
            Verdict::Undecided(Open::OnTheBound) => (3, 0),
            Verdict::Undecided(Open::Blocked(_)) => (4, 0),
            Verdict::Refuted => (5, 0),
        }
    }
}

impl fmt::Display for Open {
    /// What would decide the claim.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Open::Needs { runs: 1, .. } => write!(f, "needs 1 more run"),
            Open::Needs { runs, .. } => write!(f, "needs {runs} more runs"),
            Open::OnTheBound => {
                write!(f, "needs more than {MOST_PAIRS} pairs: the mean is as good as on the bound")
            }
            Open::Blocked(why) => write!(f, "no more runs decide it: {why}"),
        }
    }
}
