//! Reports and plans for people.

use super::claims::{Claim, Claims, Kind, Status};
use super::number::{NOT_TRANSCRIBED, Number};
use super::plan::{Plan, Round};
use super::report::{Report, Row, Table};
use super::statistics::Sample;
use super::verdict::{Judgement, Part, Verdict};
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
            let verdicts: Vec<_> = tables
                .flat_map(|table| &table.judgements)
                .map(|judgement| judgement.verdict.name())
                .collect();
            let count = |name| verdicts.iter().filter(|verdict| **verdict == name).count();
            let names = ["confirmed", "refuted", "undecided", "not run"];
            let counts = names.map(|name| format!("{} {name}", count(name))).join(", ");
            let note = note.map_or(String::new(), |note| format!(" ({note})"));
            writeln!(out, "{images}: {} verdicts: {counts}{note}", verdicts.len())?;
        }
        Ok(())
    }
}

impl Table<'_> {
    fn text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.scope)?;
        let (paper, difference) = match self.scope.is_the_papers() {
            true => ("the paper, %", "last, best less the paper's"),
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

    /// The paper's number, with ours less it: of the last epoch, and of the best.
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
    /// What was measured, as a difference AdaAct less the other, or a ratio.
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
            "claims, at a level of {level} % for each one-sided paired t-test, by {} pairs at least:",
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

impl Plan {
    /// Prints the plan as a script: commands, and comments on them.
    ///
    /// # Errors
    /// If the writer refuses.
    pub fn text(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { device, epochs, trainings, .. } = self;
        let what = match self.rehearsal {
            true => format!("a rehearsal of {epochs} epochs, no verdict on the paper"),
            false => "every claim of the paper".to_owned(),
        };
        writeln!(out, "# still to run on {device} for {what}: {} runs", trainings.len())?;
        writeln!(out, "# {}", self.total())?;
        let mut last = None;
        for training in trainings {
            let about = (training.experiment, training.round);
            if last.replace(about) != Some(about) {
                let more = match training.round {
                    Round::Fewest => "",
                    Round::More => ", more pairs for what is undecided",
                };
                writeln!(out, "\n# {}{more}", training.experiment)?;
            }
            let done = match training.done {
                0 => String::new(),
                done => format!("{done} of {epochs} epochs are done; "),
            };
            let time = match training.seconds {
                Some(seconds) => duration(seconds),
                None => format!("time unknown: no run of this model on {device} yet"),
            };
            writeln!(out, "{}  # {done}{time}", training.command)?;
        }
        if !self.beyond.is_empty() {
            writeln!(out, "\n# decided by no number of runs worth making:")?;
        }
        self.beyond.iter().try_for_each(|claim| writeln!(out, "#   {claim}"))
    }

    fn total(&self) -> String {
        match (self.unknown(), self.trainings.len()) {
            (0, _) => format!("total {}", duration(self.seconds())),
            (unknown, all) if unknown == all => "total time unknown".to_owned(),
            (unknown, _) => {
                format!("total {}, and {unknown} runs of unknown time", duration(self.seconds()))
            }
        }
    }
}

/// `92.31 ± 0.12`; without a scatter of a single run, `–` without any.
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

/// `3 h 05 min`, `12 min 30 s` or `45 s`.
fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

fn list(seeds: &[u64]) -> String {
    seeds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
