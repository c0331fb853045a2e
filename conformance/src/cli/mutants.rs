//! `conformance mutants`: which known mistakes are detected, and by what.

use super::exit::Exit;
use super::progress::progress;
use anyhow::{Result, ensure};
use clap::Args;
use conformance::scenarios::Noticed;
use conformance::studies::{Fate, Kill, Prepared};
use conformance::{Bounds, bounds_for};
use fixtures::{Case, corpus};
use glob::Pattern;
use mistakes::{Kind, Mistake};
use std::io::Write;
use std::time::Instant;

/// Test which known mistakes corpus and scenarios detect
///
/// A mutant is AdaAct with one known mistake. Each runs over every case, in float64 and in float32,
/// and its trace is judged as a port's would be. Every mistake must be detected in float64, by an
/// error of at least ten times the bound; one of the observation must be detected in a convolution
/// case and in a token case. The identity, a harmless rewrite, must not be flagged. Mistakes that no
/// case can show must be detected by a scenario. Then a port on libtorch makes the same mistakes,
/// and at least nine of ten of its diverging traces must be named correctly.
#[derive(Args)]
pub struct Mutants {
    /// Only the mistakes whose name matches, such as 'epsilon-*'.
    #[arg(long, value_name = "GLOB")]
    only: Option<Pattern>,
    /// Name every case or scenario that detects a mistake.
    #[arg(long)]
    cases: bool,
}

impl Mutants {
    pub fn execute(&self, out: &mut impl Write) -> Result<Exit> {
        let start = Instant::now();
        let mistakes: Vec<_> = mistakes::all().filter(|mistake| self.chosen(mistake)).collect();
        ensure!(
            !mistakes.is_empty(),
            "--only: no mistake has such a name; docs/matrix.md lists the names"
        );
        let corpus = read_corpus()?;
        let of_cases = mistakes.iter().filter(|mistake| mistake.kind != Kind::Beyond).count();
        let bar = progress("mistakes", of_cases * corpus.len() * 2);
        let prepared = Prepared::all(&corpus);
        let mut failures = 0;
        for mistake in mistakes {
            let fate = Fate::of(mistake, &prepared, || bar.inc(1));
            failures += usize::from(fate.fault().is_some());
            bar.suspend(|| writeln!(out, "{}", line(&fate)))?;
            if self.cases {
                bar.suspend(|| list_cases(out, &fate))?;
            }
        }
        bar.finish_and_clear();
        let diagnosed = self.only.is_some() || diagnose(out, &corpus)?;
        let seconds = start.elapsed().as_secs_f64();
        let cases = corpus.len();
        writeln!(out, "{cases} cases; {failures} mistakes not as required; {seconds:.1} s")?;
        Ok(Exit::good_if(failures == 0 && diagnosed))
    }

    fn chosen(&self, mistake: &Mistake) -> bool {
        self.only.as_ref().is_none_or(|pattern| pattern.matches(mistake.name))
    }
}

/// Prints how often the mistakes of another implementation are named correctly. Returns whether that
/// is often enough.
#[cfg(feature = "tch")]
fn diagnose(out: &mut impl Write, corpus: &[(Case, Bounds)]) -> Result<bool> {
    use conformance::studies::Naming;

    let mistakes = mistakes::all().filter(|mistake| mistake.kind.shows_in_cases()).count();
    let bar = progress("diagnosis", 2 * mistakes * corpus.len());
    let both = Naming::of(corpus, || bar.inc(1))?;
    bar.finish_and_clear();
    for naming in &both {
        writeln!(out, "wrong traces of libtorch in {}: {naming}", naming.dtype)?;
    }
    Ok(both.iter().all(Naming::is_good))
}

#[cfg(not(feature = "tch"))]
fn diagnose(out: &mut impl Write, _: &[(Case, Bounds)]) -> Result<bool> {
    writeln!(
        out,
        "diagnosis was not measured: this program was built without libtorch (feature `tch`)"
    )?;
    Ok(true)
}

/// `S8   epsilon-absent   float64  85, float32  18; sharpest: …`, or
/// `S18  nan-accepted     scenarios 3; first: …`.
fn line(fate: &Fate) -> String {
    let (mistake, clause) = (fate.mistake, fate.mistake.clause);
    let mut line = format!("{clause:4} {mistake:28} ");
    line += &match mistake.kind {
        Kind::Beyond => format!("scenarios {}", fate.scenarios.len()),
        _ => format!("float64 {:3}, float32 {:3}", fate.float64.len(), fate.float32.len()),
    };
    if let Some(Noticed { scenario, by }) = fate.scenarios.first() {
        line += &format!("; first: {scenario}, {by}");
    }
    if let Some(kill) = fate.sharpest() {
        line += &format!("; sharpest: {} of {}, {}", stage(kill), kill.case, bounds(kill));
    }
    if let Some(fault) = fate.fault() {
        line += &format!("; {fault}");
    }
    line
}

fn list_cases(out: &mut impl Write, fate: &Fate) -> std::io::Result<()> {
    for kill in &fate.float64 {
        writeln!(out, "       {:32} {:12} {}", kill.case, stage(kill), bounds(kill))?;
    }
    for Noticed { scenario, by } in &fate.scenarios {
        writeln!(out, "       {scenario:32} {by}")?;
    }
    Ok(())
}

fn bounds(kill: &Kill) -> String {
    match kill.margin() {
        margin if margin.is_finite() => format!("{margin:.0e} bounds"),
        _ => "not within any bound".to_owned(),
    }
}

fn stage(kill: &Kill) -> &'static str {
    kill.divergence.deviation.address.stage.name()
}

fn read_corpus() -> Result<Vec<(Case, Bounds)>> {
    let read = |entry: corpus::Entry| {
        let case = Case::read(&entry.case_path)?;
        let bounds = bounds_for(&case, Some(&entry.case_path))?;
        Ok((case, bounds))
    };
    corpus::entries(&corpus::root())?.into_iter().map(read).collect()
}
