//! `conformance mutants`: who kills whom.

use super::{Verdict, text};
use anyhow::{Result, ensure};
use clap::Args;
use conformance::mutants::{Kill, Kind, Mutant, Rows, kills};
use fixtures::{Case, Trace, corpus};
use glob::Pattern;
use std::fmt;
use std::io::Write;
use std::time::Instant;

/// Replay the catalogue of mistakes over the corpus and print which cases notice.
///
/// A mutant is AdaAct with one line wrong. Each runs over every case, in float64 and in float32,
/// and its trace is judged as a port's would be. All have to die in float64, by ten times the bound
/// that kills them; those of the observation in a convolution case and in a token case; the
/// identity has to live.
#[derive(Args)]
pub struct Mutants {
    /// Only the mutants whose name matches, such as 'epsilon-*'.
    #[arg(long, value_name = "GLOB")]
    only: Option<Pattern>,
    /// Name every case that kills.
    #[arg(long)]
    cases: bool,
}

/// What became of a mutant.
struct Fate {
    mutant: Mutant,
    float64: Vec<Kill>,
    float32: Vec<Kill>,
}

impl Mutants {
    pub fn execute(&self, out: &mut impl Write) -> Result<Verdict> {
        let start = Instant::now();
        let mutants: Vec<_> = Mutant::ALL
            .iter()
            .copied()
            .filter(|mutant| mutant.kind() != Kind::Beyond && self.chosen(*mutant))
            .collect();
        ensure!(!mutants.is_empty(), "no mutant matches; `conformance mutants` lists the names");
        let corpus = read_corpus()?;
        let rows: Vec<_> = corpus.iter().map(|(case, _)| Rows::of(case)).collect();
        let bar = text::progress("mutants", mutants.len() * corpus.len() * 2);
        let mut failures = 0;
        for mutant in mutants {
            let fate = Fate {
                mutant,
                float64: kills::<f64>(mutant, &corpus, || bar.inc(1)),
                float32: kills::<f32>(mutant, &corpus, || bar.inc(1)),
            };
            let fault = fate.fault(&rows);
            failures += usize::from(fault.is_some());
            let line = fate.line(&corpus, fault);
            bar.suspend(|| writeln!(out, "{line}"))?;
            if self.cases {
                bar.suspend(|| fate.list_cases(out, &corpus))?;
            }
        }
        bar.finish_and_clear();
        let seconds = start.elapsed().as_secs_f64();
        let cases = corpus.len();
        writeln!(out, "{cases} cases; {failures} mutants not as they have to be; {seconds:.1} s")?;
        Ok(if failures == 0 { Verdict::Conforms } else { Verdict::Diverges })
    }

    fn chosen(&self, mutant: Mutant) -> bool {
        self.only.as_ref().is_none_or(|pattern| pattern.matches(mutant.name()))
    }
}

/// Why a mutant's fate is not what it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Lives,
    Dies,
    Narrow,
    NoConvolution,
    NoTokens,
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

impl Fate {
    fn fault(&self, rows: &[Rows]) -> Option<Fault> {
        let kind = self.mutant.kind();
        let observed = matches!(kind, Kind::Observation | Kind::Patches);
        let dies_where =
            |of: fn(&Rows) -> bool| self.float64.iter().any(|kill| of(&rows[kill.case]));
        if kind == Kind::Identity {
            let dies = !(self.float64.is_empty() && self.float32.is_empty());
            return dies.then_some(Fault::Dies);
        }
        match () {
            () if self.float64.is_empty() => Some(Fault::Lives),
            () if !self.float64.iter().any(|kill| kill.margin() >= 10.0) => Some(Fault::Narrow),
            () if observed && !dies_where(|rows| rows.patches) => Some(Fault::NoConvolution),
            () if observed && !dies_where(|rows| rows.tokens) => Some(Fault::NoTokens),
            () => None,
        }
    }

    fn line(&self, corpus: &[(Case, Trace)], fault: Option<Fault>) -> String {
        let Self { mutant, float64, float32 } = self;
        let sharpest = float64.iter().max_by(|a, b| a.margin().total_cmp(&b.margin()));
        let sharpest = sharpest.map_or_else(String::new, |kill| {
            let case = &corpus[kill.case].0.name;
            format!("; {} of {case} off by {:.0e} bounds", stage(kill), kill.margin())
        });
        let (kills64, kills32) = (float64.len(), float32.len());
        let fault = fault.map_or_else(String::new, |fault| format!("; {fault}"));
        let clause = mutant.clause();
        format!("{clause:4} {mutant:28} float64 {kills64:3}, float32 {kills32:3}{sharpest}{fault}")
    }

    fn list_cases(&self, out: &mut impl Write, corpus: &[(Case, Trace)]) -> std::io::Result<()> {
        for kill in &self.float64 {
            let case = &corpus[kill.case].0.name;
            writeln!(out, "       {case:32} {:12} {:.0e} bounds", stage(kill), kill.margin())?;
        }
        Ok(())
    }
}

fn stage(kill: &Kill) -> &'static str {
    kill.divergence.deviation.address.stage.name()
}

fn read_corpus() -> Result<Vec<(Case, Trace)>> {
    let read = |entry: corpus::Entry| {
        let case = Case::read(&entry.case_path)?;
        let golden = Trace::read(&entry.golden_path, &case)?;
        Ok((case, golden))
    };
    corpus::entries(&corpus::root())?.into_iter().map(read).collect()
}
