//! From synthetic runs to a report, as the program goes.

use crate::synthetic::{Synthetic, directory};
use paper::{Claim, Claims, Experiment, Report, Sifted, Table, Verdict, find, sift};

pub fn sifted(claims: &Claims, runs: &[Synthetic], epochs: u64) -> Sifted {
    sift(&find(directory(runs).path()).unwrap(), claims, epochs)
}

/// The verdict on one claim by runs of 200 epochs.
pub fn verdict(claim: &Claim, experiment: Experiment, runs: &[Synthetic]) -> Verdict {
    let claims = Claims::committed().unwrap();
    let sifted = sifted(&claims, runs, 200);
    assert_eq!(sifted.aside, [], "all runs count");
    let report = Report::new(&claims, &sifted, 200);
    let table = table(&report, experiment, experiment.dataset.name());
    let is_it = |claim: &Claim, id: &str| claim.id == id;
    let judgement = table.judgements.iter().find(|judged| is_it(judged.claim, &claim.id));
    judgement.unwrap().verdict.clone()
}

pub fn table<'r>(report: &'r Report, experiment: Experiment, images: &str) -> &'r Table<'r> {
    let is_it =
        |table: &&Table| table.scope.experiment == experiment && table.scope.images == images;
    report.tables.iter().find(is_it).unwrap()
}

/// What is printed of a report for people.
pub fn printed(report: &Report) -> String {
    let mut text = Vec::new();
    report.text(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}
