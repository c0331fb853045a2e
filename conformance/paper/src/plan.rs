//! What is still to be run, so that every claim is decided.

use super::claims::{Claims, Kind};
use super::experiment::Experiment;
use super::pace::Pace;
use super::recipe::Recipe;
use super::report::{Report, Table};
use super::runs::{Found, sift};
use super::verdict::{Judgement, Open, Verdict};
use fixtures::run::{Optim, Record};
use std::collections::BTreeMap;

/// The trainings that decide every claim on the published images, the most valuable first.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Where they are to run: `cpu` or `cuda`.
    pub device: String,
    /// Length of the schedule.
    pub epochs: u64,
    /// Whether the recipe's schedule is another one.
    pub rehearsal: bool,
    /// By round, then in the order of experiments, then of seeds, so that pairs are completed early.
    pub trainings: Vec<Training>,
    /// Claims that no training decides, each with the reason.
    pub beyond: Vec<String>,
}

/// What a run is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Round {
    /// The fewest pairs by which a claim may be decided.
    Fewest,
    /// More pairs, since those that are there do not decide it.
    More,
}

/// One run to be made, or to be finished.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// What it is made for.
    pub round: Round,
    /// The network and its classes.
    pub experiment: Experiment,
    /// The command.
    pub command: String,
    /// Epochs that are done already.
    pub done: u64,
    /// Seconds that the others will take; none if nothing like it was run on the device.
    pub seconds: Option<f64>,
}

impl Plan {
    /// Plans for runs that are there, counted or not, and for what they leave undecided.
    #[must_use]
    pub fn new(claims: &Claims, found: &[Found], epochs: u64, device: &str) -> Self {
        let sifted = sift(found, claims, epochs);
        let report = Report::new(claims, &sifted, epochs);
        let begun = Begun { found, recipe: &claims.recipe, epochs, device };
        let pace = Pace::of(found, &claims.recipe, device);
        let mut trainings = Vec::new();
        let mut beyond = Vec::new();
        for table in report.tables.iter().filter(|table| !table.scope.is_stand_in()) {
            let experiment = table.scope.experiment;
            for ((seed, optim), round) in missing(table, claims.rules.pairs, device) {
                let done = begun.epochs(experiment, optim, seed);
                let epoch = pace.seconds(experiment, optim, claims.recipe.images);
                let seconds = epoch.map(|seconds| seconds * (epochs - done) as f64);
                let command = begun.command(experiment, optim, seed);
                trainings.push(Training { round, experiment, command, done, seconds });
            }
            let verdicts = table.judgements.iter();
            beyond.extend(verdicts.filter_map(|judgement| {
                let why = why_beyond(&judgement.verdict)?;
                Some(format!("{experiment}, {}: {why}", judgement.claim.id))
            }));
        }
        trainings.sort_by_key(|training| training.round); // stable
        let rehearsal = epochs != claims.recipe.epoch;
        Self { device: device.to_owned(), epochs, rehearsal, trainings, beyond }
    }

    /// Seconds of all trainings whose time is known.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.trainings.iter().filter_map(|training| training.seconds).sum()
    }

    /// Number of trainings whose time is not known.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.trainings.iter().filter(|training| training.seconds.is_none()).count()
    }
}

/// Why no more runs decide a claim, if that is so.
fn why_beyond(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Undecided(open @ (Open::OnTheBound | Open::Blocked(_))) => Some(open.to_string()),
        _ => None,
    }
}

/// The runs that a table lacks, by seed and optimizer, with the first round that asks for them.
fn missing(table: &Table, fewest: usize, device: &str) -> BTreeMap<(u64, Optim), Round> {
    let mut missing = BTreeMap::new();
    for judgement in &table.judgements {
        let (pairs, round) = match &judgement.verdict {
            Verdict::NotRun => (fewest, Round::Fewest),
            Verdict::Undecided(Open::Needs { pairs, .. }) => {
                let few = judgement.pairing.pairs.len() < fewest;
                (*pairs, if few { Round::Fewest } else { Round::More })
            }
            _ => continue,
        };
        for run in runs_of(judgement, pairs, device) {
            let first = missing.entry(run).or_insert(round);
            *first = round.min(*first);
        }
    }
    missing
}

/// The runs that make so many more pairs: halves are completed first, then come new seeds.
fn runs_of(judgement: &Judgement, pairs: usize, device: &str) -> Vec<(u64, Optim)> {
    let pairing = &judgement.pairing;
    let both = [Optim::Adaact, judgement.claim.against];
    let mut has: BTreeMap<u64, Vec<Optim>> = BTreeMap::new();
    for run in &pairing.halves {
        // A time can only be compared with one from the same machine; the device is as much of it
        // as can be known beforehand.
        if judgement.claim.kind != Kind::EpochTime || run.settings().device == device {
            has.entry(run.settings().seed).or_default().push(run.settings().optim);
        }
    }
    let halves = has.keys().copied();
    let fresh = (0..).filter(|seed| !pairing.has(*seed));
    let seeds: Vec<u64> = halves.chain(fresh).take(pairs).collect();
    let lacks = |seed: &u64, optim: &Optim| !has.get(seed).is_some_and(|had| had.contains(optim));
    seeds
        .into_iter()
        .flat_map(|seed| both.map(|optim| (seed, optim)))
        .filter(|(seed, optim)| lacks(seed, optim))
        .collect()
}

/// What there is of the runs to come, and how they are called.
struct Begun<'r> {
    found: &'r [Found],
    recipe: &'r Recipe,
    epochs: u64,
    device: &'r str,
}

impl Begun<'_> {
    /// Epochs that an unfinished run of these settings has done.
    fn epochs(&self, experiment: Experiment, optim: Optim, seed: u64) -> u64 {
        let records = self.found.iter().flat_map(|found| &found.record);
        let begun = |record: &&Record| {
            let settings = &record.run.settings;
            Experiment::of(settings) == experiment
                && settings.images == experiment.dataset.name()
                && (settings.optim, settings.seed) == (optim, seed)
                && settings.device == self.device
                && self.recipe.differences(settings, self.epochs).is_empty()
        };
        let done = records.filter(begun).map(|record| record.epochs.len() as u64).max();
        done.unwrap_or(0).min(self.epochs)
    }

    /// The command that runs it, or resumes it.
    fn command(&self, experiment: Experiment, optim: Optim, seed: u64) -> String {
        let Self { recipe, epochs, device, .. } = self;
        let Recipe { batchsize, lr_scheduler, .. } = recipe;
        let hyperparameters = recipe.hyperparameters(optim);
        let flag = |(name, value): (&str, f64)| format!("--{name} {value:?}");
        let hyperparameters: Vec<_> = hyperparameters.into_iter().map(flag).collect();
        format!(
            "cifar --model {} --optim {optim} {} --batchsize {batchsize} --epoch {epochs} \
             --lr_scheduler {lr_scheduler} --run {seed} --device {device} --resume",
            experiment.model,
            hyperparameters.join(" "),
        )
    }
}
