//! Whether a checkpoint is of the run that is asked for.

use anyhow::{Result, bail};
use fixtures::run::Settings;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Refuses to go on with other settings than a checkpoint's.
pub fn check(path: &Path, saved: &Settings, asked: &Settings) -> Result<()> {
    let (saved, asked) = (saved.fields(), asked.fields());
    let names: BTreeSet<_> = saved.keys().chain(asked.keys()).collect();
    let differences: Vec<_> = names
        .into_iter()
        .filter(|&name| saved.get(name) != asked.get(name))
        .map(|name| {
            let of = |fields: &BTreeMap<String, Value>| {
                fields.get(name).map_or_else(|| "none".to_owned(), Value::to_string)
            };
            format!("  {name}: {} in the checkpoint, {} now", of(&saved), of(&asked))
        })
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    bail!(
        "{}: was saved with other settings:\n{}\nGo on with the checkpoint's, or begin another run \
         with --run N or --out DIR",
        path.display(),
        differences.join("\n")
    )
}
