//! Changes of a file.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// A change at a JSON pointer.
pub enum Change {
    /// Another value.
    Set(String, Value),
    /// A further field of the object there.
    Add(String, String, Value),
    /// Away with the field or element.
    Remove(String),
}

/// See [`Change::Set`].
pub fn set(pointer: &str, value: Value) -> Change {
    Change::Set(pointer.to_owned(), value)
}

/// See [`Change::Add`].
pub fn add(pointer: &str, field: &str, value: Value) -> Change {
    Change::Add(pointer.to_owned(), field.to_owned(), value)
}

/// See [`Change::Remove`].
pub fn remove(pointer: &str) -> Change {
    Change::Remove(pointer.to_owned())
}

/// Every change at a pointer: odd values, nothing, and of an object every field that it lacks.
pub fn all(file: &Value, pointer: &str, fields: &BTreeMap<String, Value>) -> Vec<Change> {
    let mut changes: Vec<Change> = odd_values().map(|value| set(pointer, value)).into();
    if !pointer.is_empty() {
        changes.push(remove(pointer));
    }
    if let Some(map) = file.pointer(pointer).and_then(Value::as_object) {
        let lacking = fields.iter().filter(|(field, _)| !map.contains_key(*field));
        changes.extend(lacking.map(|(field, value)| add(pointer, field, value.clone())));
    }
    changes
}

/// Values that are wrong almost everywhere.
fn odd_values() -> [Value; 26] {
    [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1),
        json!(3),
        json!(1_u64 << 53),
        json!(0.5),
        json!(1.5),
        json!("NaN"),
        json!("nan"),
        json!("1"),
        json!(""),
        json!("a.b"),
        json!("a\tb"),
        json!([]),
        json!([1]),
        json!([1, 1]),
        json!([0.5, 0.5, 0.5]),
        json!([1, 1, 1]),
        json!(vec![1; 17]),
        json!([0, 0.5]),
        json!(["1", null]),
        json!({}),
        json!({"shape": [], "data": [1]}),
        json!({"shape": [1, 0], "data": []}),
    ]
}

impl Change {
    /// The file with the change.
    pub fn of(&self, file: &Value) -> Value {
        let mut file = file.clone();
        match self {
            Change::Set(pointer, value) => *at(&mut file, pointer) = value.clone(),
            Change::Add(pointer, field, value) => {
                let map = at(&mut file, pointer).as_object_mut().expect("an object");
                let old = map.insert(field.clone(), value.clone());
                assert!(old.is_none(), "{pointer} has {field}");
            }
            Change::Remove(pointer) => {
                let (parent, key) = pointer.rsplit_once('/').expect("not the whole file");
                match at(&mut file, parent) {
                    Value::Array(list) => drop(list.remove(key.parse().expect("an index"))),
                    parent => {
                        let map = parent.as_object_mut().expect("an object");
                        map.remove(key).unwrap_or_else(|| panic!("no {pointer}"));
                    }
                }
            }
        }
        file
    }
}

fn at<'f>(file: &'f mut Value, pointer: &str) -> &'f mut Value {
    file.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}"))
}

/// `/optimizer/lr = null`
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Change::Set(pointer, value) => write!(f, "{pointer} = {value}"),
            Change::Add(pointer, field, value) => write!(f, "{pointer}/{field} = {value}, added"),
            Change::Remove(pointer) => write!(f, "{pointer}, removed"),
        }
    }
}
