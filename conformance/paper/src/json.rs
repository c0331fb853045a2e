//! Reports and plans for programs.

use super::claims::Status;
use super::plan::{Plan, Training};
use super::report::{Report, Row, Table};
use super::runs::SetAside;
use super::statistics::Sample;
use super::verdict::{Judgement, Open, Part, Verdict};
use serde_json::{Value, json};

impl Report<'_> {
    /// The report as one object. A number that is not finite is `null`.
    #[must_use]
    pub fn json(&self) -> Value {
        let rules = self.claims.rules;
        let aside = |run: &SetAside| json!({ "path": run.path, "reason": run.reason });
        json!({
            "verdict": if self.refutes() { "refuted" } else { "not refuted" },
            "rules": {
                "significance": rules.significance,
                "power": rules.power,
                "pairs": rules.pairs,
            },
            "tables": self.tables.iter().map(table).collect::<Vec<_>>(),
            "set_aside": self.aside.iter().map(aside).collect::<Vec<_>>(),
        })
    }
}

fn table(table: &Table) -> Value {
    let scope = &table.scope;
    json!({
        "dataset": scope.experiment.dataset,
        "model": scope.experiment.model,
        "images": scope.images,
        "stand_in": scope.is_stand_in(),
        "epochs": scope.epochs,
        "rehearsal": scope.rehearsal,
        "note": scope.note(),
        "optimizers": table.rows.iter().map(row).collect::<Vec<_>>(),
        "claims": table.judgements.iter().map(judgement).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Value {
    json!({
        "optim": row.optim,
        "runs": row.last.count,
        "last_test_accuracy": sample(&row.last),
        "best_test_accuracy": sample(&row.best),
        "epoch_seconds": row.seconds.as_ref().map(sample),
        "diverged_seeds": row.diverged,
        "paper_test_accuracy": row.printed.and_then(|number| number.value),
        "paper_source": row.printed.map(|number| &number.source),
    })
}

fn judgement(judgement: &Judgement) -> Value {
    let claim = judgement.claim;
    let mut found = verdict(&judgement.verdict);
    found["id"] = json!(claim.id);
    found["against"] = json!(claim.against);
    found["amended"] = json!(claim.status == Status::Amended);
    found["parts"] = judgement.parts.iter().map(part).collect();
    found
}

fn part(part: &Part) -> Value {
    let mut found = verdict(&part.verdict);
    found["loss"] = json!(part.loss);
    found["gains"] = sample(&part.gains);
    found["bound"] = json!(part.bound);
    found["t"] = json!(part.test.t);
    found["p_for"] = json!(part.test.above);
    found["p_against"] = json!(part.test.below);
    found
}

fn verdict(verdict: &Verdict) -> Value {
    let (runs, why) = match verdict {
        Verdict::Undecided(open @ Open::Needs { runs, .. }) => (Some(*runs), Some(open)),
        Verdict::Undecided(open) => (None, Some(open)),
        _ => (None, None),
    };
    let why = why.map(ToString::to_string);
    json!({ "verdict": verdict.name(), "runs_needed": runs, "undecided": why })
}

fn sample(sample: &Sample) -> Value {
    let Sample { count, mean, deviation } = sample;
    json!({ "count": count, "mean": mean, "deviation": deviation })
}

impl Plan {
    /// The plan as one object; a time that is not known is `null`.
    #[must_use]
    pub fn json(&self) -> Value {
        let training = |training: &Training| {
            json!({
                "dataset": training.experiment.dataset,
                "model": training.experiment.model,
                "command": training.command,
                "epochs_done": training.done,
                "seconds": training.seconds,
            })
        };
        json!({
            "device": self.device,
            "epochs": self.epochs,
            "rehearsal": self.rehearsal,
            "trainings": self.trainings.iter().map(training).collect::<Vec<_>>(),
            "seconds": self.seconds(),
            "unknown_times": self.unknown(),
            "undecidable": self.beyond,
        })
    }
}
