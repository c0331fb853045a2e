//! The most that a file can ask for: files of the largest size, and small files that ask for much.

use super::{CASE, Scene, assert_refusal, trace};
use fixtures::MAX_FILE_BYTES;
use serde_json::{Value, json};

/// The largest file that has `fill` again and again in place of `at`.
fn largest(text: &str, at: &str, fill: &str) -> String {
    let (before, after) = text.split_once(at).unwrap_or_else(|| panic!("{at} is not in {text}"));
    let room = MAX_FILE_BYTES as usize - before.len() - after.len();
    [before, &fill.repeat(room / fill.len()), after].concat()
}

#[test]
fn files_of_the_largest_size_are_read_in_bounded_memory() {
    let scene = Scene::new();
    let good = scene.text(CASE);
    let with = |from: &str, to: &str| good.replacen(from, to, 1);
    let bearable = "bytes; strings of at most 1048576 bytes are read";
    for (text, fill, words) in [
        ("@", "[", "has 134217728 lists and objects; the limit is 1048576"),
        ("@", "\"", "has 134217728 quotation marks; the limit is 8388608"),
        // Escaped, as in messages, it has six bytes.
        (&with("\"lr\":0.1", "\"lr\":\"@\""), "\u{7f}", bearable),
        (&with("\"lr\"", "\"@\""), "\u{7f}", bearable),
        (&with("\"data\":[", "\"data\":[@"), "0,", "holds 12 values"),
    ] {
        scene.write("large.json", largest(text, "@", fill));
        let arguments = trace("large.json", "/dev/null");
        assert_refusal(&scene.run(&arguments), &arguments, "large.json", &[words]);
    }
}

/// One wide layer and steps of one sample, each of which has a whole trace.
fn wide(forwards: usize, steps: usize) -> Value {
    const WIDTH: usize = 1 << 16;
    let one = json!({"shape": [1, 1], "data": [1]});
    let forward = |mode| json!({"mode": mode, "input": one, "target": [0]});
    let mut all = vec![forward("train")];
    all.resize(forwards, forward("eval"));
    json!({
        "schema": "adaact.case/1", "name": "wide", "description": "", "clauses": [],
        "dtype": "float64", "loss": {"type": "cross_entropy"},
        "model": [{"type": "linear", "name": "fc", "in": 1, "out": WIDTH, "bias": false}],
        "optimizer": {"lr": 0.1, "betas": [0.9, 0.99], "eps": 1e-8, "weight_decay": 0},
        "parameters": {"fc.weight": {"shape": [WIDTH, 1], "data": vec![0; WIDTH]}}, "buffers": {},
        "steps": vec![json!({"forwards": all}); steps],
    })
}

/// Of a small file a whole trace could be as large as one likes: it is not begun.
#[test]
fn a_trace_that_no_file_could_hold_is_refused() {
    let scene = Scene::new();
    // In every step 4 · 2¹⁶ values of the layer's and 3 of its only input; for every forward a loss
    // and 2¹⁶ outputs.
    for (forwards, steps, values) in [(2000, 1, 131_336_147), (1, 300, 98_305_200)] {
        scene.write("wide.json", wide(forwards, steps).to_string());
        let words =
            format!("steps: has {values} values in their whole trace; the limit is 67108864");
        let arguments = trace("wide.json", "out.json");
        let output = scene.run(&arguments);
        assert_refusal(&output, &arguments, "wide.json", &[&words]);
        assert!(!scene.path("out.json").exists());
    }
}
