//! Texts that are no case and no trace, and those that are at the limit.

use super::{CASE, Scene, TRACE, check, trace};
use serde_json::{Value, json};

const BAD: &str = "bad.json";

/// What makes any file unusable: what it is made into, and a word of the message.
fn wrong(text: &str) -> Vec<(Vec<u8>, &'static str)> {
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in {text}");
        text.replacen(from, to, 1).into_bytes()
    };
    let digits = "9".repeat(400);
    vec![
        (Vec::new(), "the file is empty"),
        (vec![0; 1000], "expected value"),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), "byte order mark"),
        (
            format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "not UTF-8 text, from byte 0 on",
        ),
        (with("\"schema\":", "\"schema\":\"\u{0}\",\"x\":"), "control character"),
        (with("\"schema\":", "\"\\udc00\":"), "lone leading surrogate"),
        ([text.as_bytes(), b"\0"].concat(), "trailing characters"),
        (format!("{text}{text}").into_bytes(), "trailing characters"),
        (text.as_bytes()[..text.len() - 3].to_vec(), "EOF while parsing"),
        ("[".repeat(100_000).into_bytes(), "invalid type: sequence"),
        ("{\"steps\":[".repeat(100_000).into_bytes(), "unknown field `steps`"),
        (with("\"schema\":", "\"\\u0073chema\":\"x\",\"schema\":"), "unknown variant `x`"),
        (with("\"schema\":", "\"steps\":[],\"\\u0073teps\":[],\"schema\":"), "duplicate field"),
        (with("\"shape\":[", "\"shape\":[4294967296,4294967296,"), "overflows"),
        (with("\"shape\":[", "\"shape\":[18446744073709551616,"), "an integer of at least 0"),
        (with("\"shape\":[", &format!("\"shape\":[{digits},")), "number out of range"),
        (with("\"data\":[", "\"data\":[1e400,"), "number out of range"),
        (with("\"data\":[", &format!("\"data\":[{digits},")), "number out of range"),
        (with("\"data\":[", &format!("\"data\":[1e{digits},")), "number out of range"),
    ]
}

#[test]
fn what_is_no_case_is_refused() {
    let scene = Scene::new();
    for (text, words) in wrong(&scene.text(CASE)) {
        scene.write(BAD, text);
        scene.assert_refused(&trace(BAD, "out.json"), BAD, &[words]);
        assert!(!scene.path("out.json").exists());
    }
}

#[test]
fn what_is_no_trace_is_refused() {
    let scene = Scene::new();
    for (text, words) in wrong(&scene.text(TRACE)) {
        scene.write(BAD, text);
        scene.assert_refused(&check(CASE, BAD), BAD, &[words]);
    }
}

/// A number of 400 digits below 1 is a number like any other.
#[test]
fn a_number_may_have_any_number_of_digits() {
    let scene = Scene::new();
    let rate = format!("\"lr\":0.1{}1", "0".repeat(400));
    scene.write("long.case.json", scene.text(CASE).replacen("\"lr\":0.1", &rate, 1));
    let checked = scene.run(&check("long.case.json", TRACE));
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
}

/// The case of one linear layer within so many blocks.
fn nested(depth: usize) -> Value {
    let layer = json!({"type": "linear", "name": "fc", "in": 2, "out": 2, "bias": false});
    let block = |inner, _| json!({"type": "residual", "name": "r", "body": [inner]});
    let one = json!({"shape": [1, 2], "data": [0.5, -0.25]});
    let weight = json!({"shape": [2, 2], "data": [0.5, 0, 0.25, -0.5]});
    let name = "r.body.".repeat(depth) + "fc.weight";
    json!({
        "schema": "adaact.case/1", "name": "nested", "description": "", "clauses": [],
        "dtype": "float64", "model": [(0..depth).fold(layer, block)], "loss": {"type": "mse"},
        "optimizer": {"lr": 0.1, "betas": [0.9, 0.99], "eps": 1e-8, "weight_decay": 0},
        "parameters": {name: weight}, "buffers": {},
        "steps": [{"forwards": [{"mode": "train", "input": one, "target": one}]}],
    })
}

/// The parser goes 127 lists and objects deep; a block takes two.
#[test]
fn blocks_nest_up_to_a_limit() {
    let scene = Scene::new();
    scene.write("deep.case.json", nested(62).to_string());
    let traced = scene.run(&trace("deep.case.json", "deep.json"));
    assert_eq!(traced.status.code(), Some(0), "{traced:?}");
    let checked = scene.run(&check("deep.case.json", "deep.json"));
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");

    for depth in [63, 10_000] {
        // The deepest values cannot be put together recursively.
        let shallow = nested(1).to_string();
        let (open, close) = ("{\"type\":\"residual\",\"name\":\"r\",\"body\":[", "]}");
        let model = shallow.find("\"model\":[").unwrap() + "\"model\":[".len();
        let end = shallow[model..].find("]}]").unwrap() + model + "]}".len();
        let blocks = open.repeat(depth - 1) + &shallow[model..end] + &close.repeat(depth - 1);
        scene.write("deep.case.json", shallow[..model].to_owned() + &blocks + &shallow[end..]);
        let words = ["model[0].body[0].body[0]", "more than 127 lists and objects in each other"];
        scene.assert_refused(&trace("deep.case.json", "out.json"), "deep.case.json", &words);
    }
}
