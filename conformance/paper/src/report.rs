//! All verdicts, table by table.

use super::claims::Claims;
use super::counted::Counted;
use super::experiment::Experiment;
use super::number::Number;
use super::pairing::Pairing;
use super::runs::{SetAside, Sifted};
use super::statistics::Sample;
use super::verdict::{Judgement, Verdict};
use fixtures::run::Optim;
use std::collections::BTreeSet;
use std::fmt;

/// What a set of runs says of the claims.
#[derive(Debug)]
pub struct Report<'r> {
    /// The claims.
    pub claims: &'r Claims,
    /// First the published images, one table for every experiment; then the stand-ins of which
    /// there are runs.
    pub tables: Vec<Table<'r>>,
    /// Runs that do not count.
    pub aside: &'r [SetAside],
}

/// The runs of one experiment on the same images, and what is found of its claims.
#[derive(Debug)]
pub struct Table<'r> {
    /// What was run.
    pub scope: Scope,
    /// Every optimizer, run or not.
    pub rows: Vec<Row<'r>>,
    /// The claims made of the experiment.
    pub judgements: Vec<Judgement<'r>>,
}

/// What a table is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The network and its classes.
    pub experiment: Experiment,
    /// The label of the images.
    pub images: String,
    /// Length of the schedule.
    pub epochs: u64,
    /// Whether the recipe's schedule is another one.
    pub rehearsal: bool,
}

/// The runs of one optimizer.
#[derive(Debug)]
pub struct Row<'r> {
    /// The optimizer.
    pub optim: Optim,
    /// Test accuracy of the last epoch, per cent.
    pub last: Sample,
    /// Best test accuracy, per cent.
    pub best: Sample,
    /// Median seconds of training an epoch; none if the runs were not all timed alike.
    pub seconds: Option<Sample>,
    /// Seeds of the runs that diverged.
    pub diverged: Vec<u64>,
    /// The paper's test accuracy, if this table can be compared with it.
    pub printed: Option<&'r Number>,
}

impl<'r> Report<'r> {
    /// Judges all claims by the runs that count.
    #[must_use]
    pub fn new(claims: &'r Claims, sifted: &'r Sifted, epochs: u64) -> Self {
        let table = |(experiment, images)| {
            let rehearsal = epochs != claims.recipe.epoch;
            let scope = Scope { experiment, images, epochs, rehearsal };
            Table::new(claims, scope, &sifted.counted)
        };
        let tables = subjects(claims, &sifted.counted).into_iter().map(table).collect();
        Self { claims, tables, aside: &sifted.aside }
    }

    /// Every verdict.
    pub fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        self.tables.iter().flat_map(|table| &table.judgements).map(|judgement| &judgement.verdict)
    }

    /// Whether a claim is refuted, on whichever images.
    #[must_use]
    pub fn refutes(&self) -> bool {
        self.verdicts().any(|verdict| *verdict == Verdict::Refuted)
    }
}

/// What tables there are: experiments with the label of their images.
fn subjects(claims: &Claims, counted: &[Counted]) -> Vec<(Experiment, String)> {
    let experiments = claims.experiments();
    let published = experiments.iter().map(|&of| (of, of.dataset.name().to_owned()));
    let mut subjects: Vec<_> = published.collect();
    let stand_ins = counted.iter().filter(|run| !run.is_of_published_images());
    let labels: BTreeSet<_> = stand_ins.map(|run| &run.settings().images).collect();
    for label in labels {
        for &experiment in &experiments {
            let here = |run: &Counted| is_of(run, experiment, label);
            if counted.iter().any(here) {
                subjects.push((experiment, label.clone()));
            }
        }
    }
    subjects
}

fn is_of(run: &Counted, experiment: Experiment, images: &str) -> bool {
    Experiment::of(run.settings()) == experiment && run.settings().images == images
}

impl<'r> Table<'r> {
    fn new(claims: &'r Claims, scope: Scope, counted: &'r [Counted]) -> Self {
        let here = |run: &&Counted| is_of(run, scope.experiment, &scope.images);
        let runs: Vec<_> = counted.iter().filter(here).collect();
        let row = |optim| {
            let runs: Vec<_> =
                runs.iter().copied().filter(|run| run.settings().optim == optim).collect();
            let printed = claims.printed(scope.experiment, optim);
            Row::new(optim, &runs, printed.filter(|_| scope.is_the_papers()))
        };
        let judge = |claim| Judgement::new(claim, &claims.rules, Pairing::new(claim, &runs));
        let rows = Optim::ALL.map(row).into();
        let judgements = claims.of(scope.experiment).map(judge).collect();
        Self { scope, rows, judgements }
    }
}

impl<'r> Row<'r> {
    fn new(optim: Optim, runs: &[&Counted], printed: Option<&'r Number>) -> Self {
        let sample = |of: fn(&Counted) -> f64| {
            Sample::of(&runs.iter().map(|run| of(run)).collect::<Vec<_>>())
        };
        let alike = runs.iter().all(|run| run.is_timed_as(runs[0]));
        let diverged = runs.iter().filter(|run| run.diverged()).map(|run| run.settings().seed);
        Self {
            optim,
            last: sample(Counted::last_accuracy),
            best: sample(Counted::best_accuracy),
            seconds: alike.then(|| sample(Counted::seconds)),
            diverged: diverged.collect(),
            printed,
        }
    }
}

impl Scope {
    /// Whether the images are a stand-in.
    #[must_use]
    pub fn is_stand_in(&self) -> bool {
        self.images != self.experiment.dataset.name()
    }

    /// Whether this is what the paper's claims are about.
    #[must_use]
    pub fn is_the_papers(&self) -> bool {
        !self.rehearsal && !self.is_stand_in()
    }

    /// Why this is no verdict on the paper, if it is none.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let on = format!("on the stand-in {}", self.images);
        let rehearsal = format!("rehearsal of {} epochs", self.epochs);
        let what = match (self.rehearsal, self.is_stand_in()) {
            (false, false) => return None,
            (false, true) => on,
            (true, false) => rehearsal,
            (true, true) => format!("{rehearsal} {on}"),
        };
        Some(format!("{what}, no verdict on the paper"))
    }
}

impl fmt::Display for Scope {
    /// The heading of its table.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { experiment, images, epochs, .. } = self;
        let kind = if self.is_stand_in() { "a stand-in" } else { "the published set" };
        write!(f, "{experiment}, images {images} ({kind}), {epochs} epochs")?;
        self.note().map_or(Ok(()), |note| write!(f, ": {note}"))
    }
}
