//! JSON Schemas of the files, for users without Rust: made from the types that read and write them,
//! and committed as `fixtures/schemas`.

use crate::report::Report;
use anyhow::{Context, Result};
use fixtures::{Case, Trace, corpus};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use std::fs;
use std::path::{Path, PathBuf};

/// What a schema of a file that is read cannot say.
const UNSAID: &str = "A value is described as far as it can be where it stands. How values fit \
    together (shapes, names, targets) only the reader knows: ask `conformance check`. The reader \
    also refuses a field that comes twice, a count that is written as 3.0 or needs more than 64 \
    bits, and numbers beyond float64.";

/// Every schema, by the name of its file.
#[must_use]
pub fn all() -> [(&'static str, Schema); 3] {
    [
        ("case.schema.json", of_read::<Case>()),
        ("report.schema.json", of_written::<Report>()),
        ("trace.schema.json", of_read::<Trace>()),
    ]
}

/// The folder of the schemas in the source tree that this program was built from.
#[must_use]
pub fn folder() -> PathBuf {
    corpus::root().with_file_name("schemas")
}

/// Writes every schema into a folder, which is created if it is missing.
///
/// # Errors
/// If the system refuses.
pub fn write(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for (name, schema) in all() {
        fixtures::write_whole(folder.join(name), text(&schema).as_bytes())?;
    }
    Ok(())
}

/// The names of the schemas that are not in a folder just as [`write()`] writes them.
#[must_use]
pub fn stale(folder: &Path) -> Vec<&'static str> {
    let differs = |(name, schema): &(&str, Schema)| {
        !fs::read_to_string(folder.join(name)).is_ok_and(|written| written == text(schema))
    };
    all().into_iter().filter(differs).map(|(name, _)| name).collect()
}

fn text(schema: &Schema) -> String {
    format!("{:#}\n", schema.as_value())
}

fn of_read<T: JsonSchema>() -> Schema {
    let mut schema = generate::<T>(SchemaSettings::draft2020_12().for_deserialize());
    schema.insert("$comment".to_owned(), UNSAID.into());
    schema
}

fn of_written<T: JsonSchema>() -> Schema {
    generate::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn generate<T: JsonSchema>(settings: SchemaSettings) -> Schema {
    // `uint` and `double` mean nothing outside of Rust, and some validators refuse them.
    let without_format = RecursiveTransform(|schema: &mut Schema| {
        schema.remove("format");
    });
    settings.with_transform(without_format).into_generator().into_root_schema_for::<T>()
}
