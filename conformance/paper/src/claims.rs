//! `claims.toml`: what the paper claims, and by which rules it is judged.

use super::experiment::Experiment;
use super::number::Number;
use super::recipe::Recipe;
use anyhow::{Context, Result, ensure};
use fixtures::run::Optim;
use serde::Deserialize;
use std::path::Path;

/// The committed claims, part of the program.
const COMMITTED: &str = include_str!("../claims.toml");

/// The content of a file of claims.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The format's version.
    pub schema: ClaimsSchema,
    /// How claims are decided.
    pub rules: Rules,
    /// The settings of the runs that count.
    pub recipe: Recipe,
    /// What is claimed, in the order of report.
    #[serde(rename = "claim")]
    pub claims: Vec<Claim>,
    /// What the paper printed.
    pub paper: Paper,
}

/// The only version of the format so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ClaimsSchema {
    /// Version 1.
    #[serde(rename = "adaact.claims/1")]
    V1,
}

/// How claims are decided.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Level of each one-sided test.
    pub significance: f64,
    /// Probability of a decision at which the number of missing runs is estimated.
    pub power: f64,
    /// The least number of pairs of runs for a decision.
    pub pairs: usize,
}

/// One claim, made of one or several experiments.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its name in reports.
    pub id: String,
    /// The claim in a sentence that can be judged.
    pub says: String,
    /// The sentence of the paper that it comes from.
    pub quote: String,
    /// Where the paper has that sentence.
    pub source: String,
    /// What is compared.
    pub kind: Kind,
    /// With which optimizer AdaAct is compared.
    pub against: Optim,
    /// By how much, in the unit of the kind.
    pub margin: f64,
    /// Training losses to reach, of [`Kind::EpochsToLoss`] only.
    #[serde(default)]
    pub losses: Vec<f64>,
    /// Of which experiments it is made.
    pub experiments: Vec<Experiment>,
    /// Since when it reads as it does.
    pub status: Status,
}

/// What a claim compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Test accuracy of the last epoch in points: AdaAct's is more than the margin above.
    AccuracyAbove,
    /// Test accuracy of the last epoch in points: AdaAct's is at most the margin below.
    AccuracyAtLeast,
    /// Epochs until the training loss is reached: AdaAct takes at most the margin more.
    EpochsToLoss,
    /// Median seconds of training an epoch, on the same machine: AdaAct takes at most the margin,
    /// a fraction, longer.
    EpochTime,
}

/// Since when a claim reads as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Committed before any run was made.
    Committed,
    /// Changed after runs had been seen.
    Amended,
}

/// What the paper printed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Its test accuracies in per cent.
    pub test_accuracy: Vec<Number>,
}

impl Claims {
    /// The committed claims.
    ///
    /// # Errors
    /// Never with the file that is committed: a test reads it.
    pub fn committed() -> Result<Self> {
        Self::parse(COMMITTED).context("claims.toml")
    }

    /// Reads another file of claims.
    ///
    /// # Errors
    /// If it cannot be read, or a field is unknown, missing or out of range.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fixtures::read_text(path)?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Self> {
        let claims: Self = toml::from_str(text)?;
        claims.check()?;
        Ok(claims)
    }

    /// The experiments that claims are made of, in the order in which they are named.
    #[must_use]
    pub fn experiments(&self) -> Vec<Experiment> {
        let mut experiments = Vec::new();
        for &experiment in self.claims.iter().flat_map(|claim| &claim.experiments) {
            if !experiments.contains(&experiment) {
                experiments.push(experiment);
            }
        }
        experiments
    }

    /// The claims made of an experiment.
    pub fn of(&self, experiment: Experiment) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(move |claim| claim.experiments.contains(&experiment))
    }

    /// The paper's test accuracy, if the file has a place for it.
    #[must_use]
    pub fn printed(&self, experiment: Experiment, optim: Optim) -> Option<&Number> {
        let is_it = |number: &&Number| number.experiment == experiment && number.optim == optim;
        self.paper.test_accuracy.iter().find(is_it)
    }

    fn check(&self) -> Result<()> {
        self.rules.check().context("rules")?;
        self.recipe.check().context("recipe")?;
        ensure!(!self.claims.is_empty(), "claim: missing; the file needs at least one");
        for (index, claim) in self.claims.iter().enumerate() {
            let place = || format!("claim[{index}] \"{}\"", claim.id);
            claim.check().with_context(place)?;
            let twice = self.claims[..index].iter().any(|other| other.id == claim.id);
            ensure!(!twice, "{}: id: used twice; every claim needs its own", place());
        }
        for (index, number) in self.paper.test_accuracy.iter().enumerate() {
            let place = || format!("paper.test_accuracy[{index}]");
            number.check().with_context(place)?;
            let same = |other: &Number| other.is_slot_of(number.experiment, number.optim);
            let twice = self.paper.test_accuracy[..index].iter().any(same);
            ensure!(
                !twice,
                "{}: a second number for this experiment and optimizer; remove one",
                place()
            );
        }
        Ok(())
    }
}

impl Rules {
    fn check(&self) -> Result<()> {
        let Self { significance, power, pairs } = *self;
        ensure!(
            significance > 0.0 && significance < 0.5,
            "significance: {significance} is not a level; write a number above 0 and below 0.5"
        );
        ensure!(
            (0.5..1.0).contains(&power),
            "power: {power} is not a power; write a number from 0.5 to below 1"
        );
        ensure!(pairs >= 2, "pairs: {pairs} is too few to show scatter; write at least 2");
        Ok(())
    }
}

impl Claim {
    fn check(&self) -> Result<()> {
        let texts = [
            ("id", &self.id),
            ("says", &self.says),
            ("quote", &self.quote),
            ("source", &self.source),
        ];
        for (field, text) in texts {
            ensure!(!text.trim().is_empty(), "{field}: empty; write a text");
        }
        ensure!(
            self.against != Optim::Adaact,
            "against: adaact cannot be compared with itself; name another optimizer"
        );
        let margin = self.margin;
        ensure!(
            margin.is_finite() && margin >= 0.0,
            "margin: {margin} is not a margin; write a finite number, at least 0"
        );
        let needs_losses = self.kind == Kind::EpochsToLoss;
        ensure!(
            needs_losses != self.losses.is_empty(),
            "losses: needed for the kind epochs-to-loss, and for no other"
        );
        for loss in &self.losses {
            ensure!(
                loss.is_finite() && *loss > 0.0,
                "losses: {loss} is not a loss; write a finite number above 0"
            );
        }
        ensure!(!self.experiments.is_empty(), "experiments: empty; name at least one");
        for (index, experiment) in self.experiments.iter().enumerate() {
            let twice = self.experiments[..index].contains(experiment);
            ensure!(!twice, "experiments: {experiment} is listed twice; remove one");
        }
        Ok(())
    }
}
