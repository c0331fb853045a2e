//! Plans as scripts.

use super::plan::{Plan, Round};
use std::io::{self, Write};

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
                    Round::More => ", more pairs for undecided claims",
                };
                writeln!(out, "\n# {}{more}", training.experiment)?;
            }
            let done = match training.done {
                0 => String::new(),
                done => format!("{done} of {epochs} epochs are done; "),
            };
            let time = match training.seconds {
                Some(seconds) => duration(seconds),
                None => format!("duration unknown: no run of this model on {device} yet"),
            };
            writeln!(out, "{}  # {done}{time}", training.command)?;
        }
        if !self.beyond.is_empty() {
            writeln!(out, "\n# no reasonable number of runs decides:")?;
        }
        self.beyond.iter().try_for_each(|claim| writeln!(out, "#   {claim}"))
    }

    fn total(&self) -> String {
        match (self.unknown(), self.trainings.len()) {
            (0, _) => format!("total {}", duration(self.seconds())),
            (unknown, all) if unknown == all => "total duration unknown".to_owned(),
            (unknown, _) => {
                format!(
                    "total {}, plus {unknown} runs of unknown duration",
                    duration(self.seconds())
                )
            }
        }
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
