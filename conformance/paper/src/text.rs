//! Reports for people.

use super::claims::{Claim, Claims, Kind, Status};
use super::number::{NOT_TRANSCRIBED, Number};
use super::report::{Report, Row, Table};
use super::statistics::Sample;
use super::verdict::{Judgement, Part, Verdict};
use std::fmt;
use std::io::{self, Write};

impl Report<'_> {
    /// Prints every table, the claims, what was set aside, and a summary.
    ///
    /// # Errors
    /// If the writer refuses.
    pub fn text(&self, out: &mut impl Write) -> io::Result<()> {
        for table in &self.tables {
            table.text(out)?;
            writeln!(out)?;
        }
        self.claims.text(out)?;
        if !self.aside.is_empty() {
            writeln!(out, "\nset aside:")?;
        }
        for run in self.aside {
            writeln!(out, "  {} {}", run.path, run.reason)?;
        }
        self.summary(out)
    }

    fn summary(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out)?;
        let mut subjects: Vec<_> =
            self.tables.iter().map(|table| (&table.scope.images, table.scope.note())).collect();
        subjects.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
        subjects.dedup();
        for (images, note) in subjects {
            let tables = self.tables.iter().filter(|table| table.scope.images == *images);
            let judgements = tables.flat_map(|table| &table.judgements);
            let counts = Counts::of(judgements.map(|judgement| &judgement.verdict));
            let note = note.map_or(String::new(), |note| format!(" ({note})"));
            writeln!(out, "{images}: {counts}{note}")?;
        }
        Ok(())
    }
}

/// How often each verdict was given.
#[derive(Default)]
struct Counts {
    confirmed: usize,
    refuted: usize,
    undecided: usize,
    not_run: usize,
}

impl Counts {
    fn of<'v>(verdicts: impl Iterator<Item = &'v Verdict>) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Confirmed => counts.confirmed += 1,
                Verdict::Refuted => counts.refuted += 1,
                Verdict::Undecided(_) => counts.undecided += 1,
                Verdict::NotRun => counts.not_run += 1,
            }
        }
        counts
    }
}

/// `10 verdicts: 3 confirmed, 1 refuted, 1 undecided, 5 not run`
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Counts { confirmed, refuted, undecided, not_run } = self;
        let all = confirmed + refuted + undecided + not_run;
        write!(f, "{all} verdicts: {confirmed} confirmed, {refuted} refuted, ")?;
        write!(f, "{undecided} undecided, {not_run} not run")
    }
}

impl Table<'_> {
    fn text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.scope)?;
        let (paper, difference) = match self.scope.is_the_papers() {
            true => ("the paper, %", "last, best minus the paper's"),
            false => ("", ""),
        };
        let seconds = "train s/epoch";
        let heading = format!(
            "  optimizer  runs  last test, %    best test, %    {seconds:15} {paper:15} {difference}"
        );
        writeln!(out, "{}", heading.trim_end())?;
        for row in &self.rows {
            writeln!(out, "{}", row.text().trim_end())?;
        }
        let note = self.scope.note().map_or(String::new(), |note| format!(" [{note}]"));
        for judgement in &self.judgements {
            writeln!(out, "  {}{note}", judgement.headline())?;
            let parts = judgement.parts.iter().filter(|part| part.gains.count > 0);
            for part in parts {
                // A part that is one of several begins with a verdict of its own.
                let note = if part.loss.is_some() { note.as_str() } else { "" };
                writeln!(out, "    {}{note}", part.text(judgement.claim))?;
            }
        }
        Ok(())
    }
}

impl Row<'_> {
    fn text(&self) -> String {
        let Self { optim, last, best, seconds, diverged, printed } = self;
        let seconds = seconds.map_or("not alike".to_owned(), |seconds| spread(&seconds));
        let printed = printed.map_or(String::new(), |number| self.beside(number));
        let diverged = match diverged.as_slice() {
            [] => String::new(),
            seeds => format!("  diverged: seed {}", list(seeds)),
        };
        format!(
            "  {optim:9} {:5}  {:15} {:15} {seconds:15} {printed}{diverged}",
            last.count,
            spread(last),
            spread(best)
        )
    }

    /// The paper's number, and ours minus it: of the last epoch, and of the best.
    fn beside(&self, number: &Number) -> String {
        let Some(value) = number.value else {
            return NOT_TRANSCRIBED.to_owned();
        };
        let (last, best) = (self.last.mean - value, self.best.mean - value);
        let printed = format!("{value:.2}");
        let difference = match self.last.count {
            0 => "not run".to_owned(),
            _ => format!("{last:+.2}, {best:+.2}"),
        };
        format!("{printed:15} {difference} ({})", number.source)
    }
}

impl Judgement<'_> {
    /// `undecided (needs 2 more runs)  accuracy-above-adam`
    fn headline(&self) -> String {
        let Claim { id, says, status, .. } = self.claim;
        let verdict = match &self.verdict {
            Verdict::Undecided(open) => format!("undecided ({open})"),
            verdict => verdict.name().to_owned(),
        };
        let amended = match status {
            Status::Committed => "",
            Status::Amended => " (amended after runs had been seen)",
        };
        format!("{verdict}: {id}{amended}: {says}")
    }
}

impl Part {
    /// What was measured, as a difference of AdaAct minus the other, or a ratio.
    fn text(&self, claim: &Claim) -> String {
        let Self { loss, gains, test, verdict, .. } = self;
        let Claim { against, margin, kind, .. } = claim;
        let Sample { count, mean, deviation } = gains;
        let pairs = if *count == 1 { "1 pair" } else { &format!("{count} pairs") };
        let scatter = |x: f64| if x.is_nan() { "–".to_owned() } else { format!("{x:.2}") };
        let scatter_of_ratio = scatter(100.0 * deviation);
        let what = match kind {
            Kind::AccuracyAbove => format!(
                "adaact − {against}: {mean:+.2} ± {} points, claimed above {margin:+.2}",
                scatter(*deviation)
            ),
            Kind::AccuracyAtLeast => format!(
                "adaact − {against}: {mean:+.2} ± {} points, claimed at least {:+.2}",
                scatter(*deviation),
                -margin
            ),
            Kind::EpochsToLoss if mean.is_nan() => format!(
                "{}: loss {:?}: in some pair neither adaact nor {against} reached it",
                verdict.name(),
                loss.unwrap_or(f64::NAN)
            ),
            Kind::EpochsToLoss => format!(
                "{}: loss {:?}: adaact − {against}: {:+.2} ± {} epochs, claimed at most {margin:+}",
                verdict.name(),
                loss.unwrap_or(f64::NAN),
                0.0 - mean, // never -0
                scatter(*deviation)
            ),
            Kind::EpochTime => format!(
                "adaact ÷ {against}: {:.3} ± {scatter_of_ratio} %, claimed at most {:.2}",
                (-mean).exp(),
                1.0 + margin
            ),
        };
        format!("{what}; {pairs}; p {} for, {} against", chance(test.above), chance(test.below))
    }
}

impl Claims {
    fn text(&self, out: &mut impl Write) -> io::Result<()> {
        let rules = &self.rules;
        let level = 100.0 * rules.significance;
        writeln!(
            out,
            "claims, tested at a level of {level} % for each one-sided paired t-test, with at least {} pairs:",
            rules.pairs
        )?;
        for claim in &self.claims {
            let since = match claim.status {
                Status::Committed => "committed before any run",
                Status::Amended => "amended after runs had been seen",
            };
            writeln!(out, "  {} ({since}): {}", claim.id, claim.says)?;
            writeln!(out, "    “{}” ({})", claim.quote, claim.source)?;
        }
        Ok(())
    }
}

/// `92.31 ± 0.12`; a single run has no scatter, and no run gives `–`.
fn spread(sample: &Sample) -> String {
    let Sample { count, mean, deviation } = sample;
    match count {
        0 => "–".to_owned(),
        1 => format!("{mean:.2}"),
        _ => format!("{mean:.2} ± {deviation:.2}"),
    }
}

fn chance(p: f64) -> String {
    match p {
        p if p.is_nan() => "–".to_owned(),
        p if p < 0.0005 => "< 0.001".to_owned(),
        p => format!("{p:.3}"),
    }
}

fn list(seeds: &[u64]) -> String {
    seeds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
