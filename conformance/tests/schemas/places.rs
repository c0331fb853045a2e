//! Places in files.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The kinds of places met so far.
///
/// Places are of one kind if nothing but an index or a free name sets them apart; layers of different
/// types are of different kinds.
#[derive(Default)]
pub struct Places(BTreeSet<String>);

/// Fields whose object has free names.
const NAMED: [&str; 4] = ["parameters", "buffers", "layers", "plain_gradients"];

impl Places {
    /// Nothing met yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many kinds were met.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// JSON pointers of the places in a file that are of a kind not met before.
    pub fn new_in(&mut self, file: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.visit(file, "", "", &mut found);
        found
    }

    fn visit(&mut self, value: &Value, pointer: &str, kind: &str, found: &mut Vec<String>) {
        let of = value["type"].as_str().unwrap_or_default();
        if self.0.insert(format!("{kind}{of}")) {
            found.push(pointer.to_owned());
        }
        match value {
            Value::Array(list) => {
                for (i, inner) in list.iter().enumerate() {
                    self.visit(inner, &format!("{pointer}/{i}"), &format!("{kind}/*"), found);
                }
            }
            Value::Object(map) => {
                let free = NAMED.iter().any(|named| kind.ends_with(named));
                for (key, inner) in map {
                    let name = if free { "*" } else { key };
                    let kind = format!("{kind}{of}/{name}");
                    self.visit(inner, &format!("{pointer}/{key}"), &kind, found);
                }
            }
            _ => {}
        }
    }
}

/// Every field that some object has, with one of its values.
pub fn fields<'v>(files: impl Iterator<Item = &'v Value>) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    files.for_each(|file| collect(file, &mut fields));
    fields
}

fn collect(value: &Value, fields: &mut BTreeMap<String, Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, fields)),
        Value::Object(map) => {
            for (key, inner) in map {
                fields.entry(key.clone()).or_insert_with(|| inner.clone());
                collect(inner, fields);
            }
        }
        _ => {}
    }
}
