//! Short names for runs, which tell them apart.

use fixtures::run::Settings;
use serde_json::{Map, Value};

/// So many characters fit into a legend.
const LONGEST: usize = 32;

/// A name for every run, from its settings and the name of its directory.
///
/// Optimizer, learning rate and number of the run; where that is not enough, also the other settings
/// in which the runs differ, and where there are none, the directory.
pub(super) fn labels(runs: &[(&str, &Settings)]) -> Vec<String> {
    let short: Vec<_> = runs.iter().map(|(_, settings)| short(settings)).collect();
    let label = |(index, &(directory, settings)): (usize, &(&str, &Settings))| {
        let alike = runs.iter().zip(&short).filter(|(_, name)| **name == short[index]);
        let alike: Vec<_> = alike.map(|((_, settings), _)| fields(settings)).collect();
        let mut label = short[index].clone();
        if alike.len() > 1 {
            let differences = differences(&fields(settings), &alike);
            label += if differences.is_empty() { " " } else { &differences };
            if differences.is_empty() {
                label += directory;
            }
        }
        shorten(&label, LONGEST)
    };
    runs.iter().enumerate().map(label).collect()
}

fn short(settings: &Settings) -> String {
    let Settings { optim, lr, run, .. } = settings;
    if *lr >= 1e-4 {
        format!("{optim} lr {lr} run {run}")
    } else {
        format!("{optim} lr {lr:e} run {run}")
    }
}

/// The settings as their file has them.
fn fields(settings: &Settings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// ` name value` for every field that is not the same in all of `runs`.
fn differences(fields: &Map<String, Value>, runs: &[Map<String, Value>]) -> String {
    let differ = |name: &str| runs.iter().any(|run| run.get(name) != fields.get(name));
    let shown = |value: &Value| shorten(value.as_str().unwrap_or(&value.to_string()), 8);
    let differing = fields.iter().filter(|(name, _)| differ(name));
    differing.map(|(name, value)| format!(" {} {}", name.replace('_', " "), shown(value))).collect()
}

/// At most `longest` characters, all of which a text may have.
pub(super) fn shorten(text: &str, longest: usize) -> String {
    let clean =
        |c: char| if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' { '\u{fffd}' } else { c };
    if text.chars().count() <= longest {
        return text.chars().map(clean).collect();
    }
    text.chars().take(longest - 1).map(clean).chain(['…']).collect()
}
