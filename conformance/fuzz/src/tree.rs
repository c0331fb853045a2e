//! Changes of the JSON: another value, another field, another shape.

use crate::Random;
use rand::RngExt;
use serde_json::{Map, Value, json};

/// Words of both formats, where any string may stand.
const WORDS: [&str; 24] = [
    "", "NaN", "Infinity", "-Infinity", "linear", "conv2d", "batch_norm2d", "layer_norm", "relu",
    "flatten", "max_pool2d", "residual", "concat", "shared", "subsample_pad2d", "mse",
    "cross_entropy", "train", "eval", "float32", "adaact.case/1", "adaact.trace/1", "fc1.weight",
    "a.b",
];

/// Fields of both formats, where any may be renamed to.
const FIELDS: [&str; 20] = [
    "name", "type", "in", "out", "bias", "kernel", "stride", "padding", "dilation", "groups",
    "features", "eps", "momentum", "shape", "data", "lr", "skip", "state", "ema", "loss_scale",
];

/// Numbers at the edges of what they may be.
fn number(random: &mut Random) -> Value {
    const NUMBERS: [f64; 16] = [
        0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-320, 5e-324, 1e308, -1e308, 1e-30, 1e30, 0.999_999, 1e16,
        3.0, 7.0,
    ];
    match random.random_range(0..4) {
        0 => json!(random.random_range(0..5)),
        1 => json!(1_u64 << random.random_range(0..64)),
        2 => json!(u64::MAX),
        _ => json!(NUMBERS[random.random_range(0..NUMBERS.len())]),
    }
}

/// Changes one to four places; `None` if the text is no JSON.
pub fn mutate(line: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut tree: Value = serde_json::from_slice(line).ok()?;
    for _ in 0..random.random_range(1..5) {
        let donor = pick(&mut tree, random).clone();
        change(pick(&mut tree, random), donor, random);
    }
    serde_json::to_vec(&tree).ok()
}

/// A random place of a tree: at every level it stops, or goes on into a child.
fn pick<'t>(tree: &'t mut Value, random: &mut Random) -> &'t mut Value {
    let children = match tree {
        Value::Array(list) => list.len(),
        Value::Object(fields) => fields.len(),
        _ => 0,
    };
    if children == 0 || random.random_ratio(1, 6) {
        return tree;
    }
    let child = random.random_range(0..children);
    match tree {
        Value::Array(list) => pick(&mut list[child], random),
        Value::Object(fields) => pick(fields.values_mut().nth(child).expect("a child"), random),
        _ => unreachable!("it has children"),
    }
}

fn change(place: &mut Value, donor: Value, random: &mut Random) {
    match (random.random_range(0..6), &mut *place) {
        (0, _) => *place = donor,
        (1, _) => nest(place, random),
        (_, Value::Number(_)) => *place = number(random),
        (_, Value::String(_)) => *place = WORDS[random.random_range(0..WORDS.len())].into(),
        (_, Value::Bool(b)) => *b = !*b,
        (_, Value::Array(list)) => change_list(list, donor, random),
        (_, Value::Object(fields)) => change_fields(fields, donor, random),
        (_, Value::Null) => *place = number(random),
    }
}

/// Drops an element, writes one twice, or adds one from elsewhere.
fn change_list(list: &mut Vec<Value>, donor: Value, random: &mut Random) {
    if list.is_empty() {
        return list.push(donor);
    }
    let at = random.random_range(0..list.len());
    match random.random_range(0..3) {
        0 => drop(list.remove(at)),
        1 => list.insert(at, list[at].clone()),
        _ => list.insert(at, donor),
    }
}

/// Drops a field, renames it or adds one; a tensor may get another shape with values to fill it.
fn change_fields(fields: &mut Map<String, Value>, donor: Value, random: &mut Random) {
    if fields.contains_key("shape") && random.random_ratio(1, 2) {
        return reshape(fields, random);
    }
    let name = FIELDS[random.random_range(0..FIELDS.len())];
    let some = match fields.len() {
        0 => None,
        count => fields.keys().nth(random.random_range(0..count)).cloned(),
    };
    match (random.random_range(0..3), some) {
        (0, Some(field)) => drop(fields.remove(&field)),
        (1, Some(field)) => {
            let value = fields.remove(&field).expect("a field");
            fields.insert(name.to_owned(), value);
        }
        _ => drop(fields.insert(name.to_owned(), donor)),
    }
}

fn reshape(tensor: &mut Map<String, Value>, random: &mut Random) {
    let axes = random.random_range(0..5);
    let shape: Vec<usize> = (0..axes).map(|_| random.random_range(0..4)).collect();
    let data: Vec<Value> = (0..shape.iter().product()).map(|_| number(random)).collect();
    tensor.insert("shape".to_owned(), json!(shape));
    tensor.insert("data".to_owned(), data.into());
}

/// Puts a value into lists or into bodies of residual branches, one in the other.
fn nest(place: &mut Value, random: &mut Random) {
    let depth = 1 << random.random_range(0..8);
    let mut value = place.take();
    let branches = random.random_bool(0.5);
    for _ in 0..depth {
        value = if branches {
            json!({ "type": "residual", "name": "r", "body": [value] })
        } else {
            json!([value])
        };
    }
    *place = value;
}
