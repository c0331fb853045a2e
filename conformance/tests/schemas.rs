//! The JSON Schemas take what the reader takes, and refuse what it refuses.

#[path = "schemas/change.rs"]
mod change;
#[path = "schemas/places.rs"]
mod places;

use change::{Change, add, remove, set};
use conformance::schemas;
use fixtures::corpus::{self, Entry};
use fixtures::{Case, Fault, Problem, Trace};
use jsonschema::Validator;
use places::Places;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

#[test]
fn the_files_are_what_the_types_say() {
    let stale = schemas::stale(&schemas::folder());
    assert!(stale.is_empty(), "{stale:?}: run `conformance corpus --update`");
}

#[test]
fn what_is_missing_or_changed_is_stale() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("schemas");
    let names = schemas::all().map(|(name, _)| name);
    assert_eq!(schemas::stale(&inside), names);
    schemas::write(&inside).unwrap();
    assert!(schemas::stale(&inside).is_empty());
    fs::write(inside.join(names[1]), "{}\n").unwrap();
    assert_eq!(schemas::stale(&inside), [names[1]]);
}

#[test]
fn they_are_schemas_by_themselves() {
    for (name, schema) in schemas::all() {
        let schema = schema.to_value();
        jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|e| panic!("{name}: {e}"));
        let text = schema.to_string();
        assert!(!text.contains(r#""format":"#), "{name} has formats that only Rust knows");
        let inside = text.matches(r##""$ref":"#/$defs/"##).count();
        assert_eq!(text.matches(r#""$ref":"#).count(), inside, "{name} refers to other files");
    }
}

#[test]
fn every_case_and_trace_of_the_corpus_is_valid() {
    let [case, trace] = ["case.schema.json", "trace.schema.json"].map(validator);
    for entry in corpus::entries(&corpus::root()).unwrap() {
        for (validator, path) in [(&case, &entry.case_path), (&trace, &entry.golden_path)] {
            if let Err(error) = validator.validate(&json(path)) {
                panic!("{}: {}: {error}", path.display(), error.instance_path());
            }
        }
    }
}

#[test]
fn both_refuse_a_case_with_a_mistake() {
    assert_refused(
        &File::case(&entry("max-pool-smoothing")),
        &[
            set("/schema", json!("adaact.case/2")),
            set("/dtype", json!("float32")),
            set("/name", json!("")),
            set("/description", json!(null)),
            set("/model", json!([])),
            set("/steps", json!([])),
            remove("/buffers"),
            add("", "comment", json!("no field of the format")),
            add("", "state", json!(null)),
            // conv2d
            remove("/model/0/padding"),
            set("/model/0/kernel", json!([3])),
            set("/model/0/kernel", json!([3, 0])),
            set("/model/0/stride", json!(0)),
            set("/model/0/in", json!("3")),
            set("/model/0/name", json!("a.b")),
            add("/model/0", "dilation", json!([1, 1, 1])),
            add("/model/0", "groups", json!(-1)),
            add("/model/0", "features", json!(3)),
            // relu
            set("/model/1/type", json!("softmax")),
            add("/model/1", "name", json!("relu")),
            // max_pool2d
            set("/model/2/kernel", json!([2, 2])),
            add("/model/2", "stride", json!(2)),
            set("/loss/type", json!("mse")),
            set("/loss/label_smoothing", json!(1.5)),
            set("/optimizer/lr", json!("0.1")),
            set("/optimizer/lr", json!("Infinity")),
            set("/optimizer/eps", json!(-1e-8)),
            set("/optimizer/betas", json!([0.9, 0.99, 0.999])),
            set("/optimizer/betas/1", json!(1.0)),
            set("/parameters/conv.weight/data/0", json!("nan")),
            set("/parameters/conv.weight/data/0", json!("0.5")),
            set("/parameters/conv.weight/shape/0", json!(1.5)),
            set("/steps/0/forwards/0/mode", json!("eval")),
            set("/steps/0/forwards/0/mode", json!({"train": null})),
            set("/steps/0/forwards/0/target/0", json!(-1)),
            add("/steps/0/forwards/0", "loss_scale", json!(0)),
        ],
    );
    // Beside a forward in training mode, too.
    let mode = "/steps/0/forwards/0/mode";
    assert_refused(
        &File::case(&entry("eval-between")),
        &[set(mode, json!("test")), set(mode, json!(null)), remove(mode)],
    );
}

#[test]
fn both_refuse_a_trace_with_a_mistake() {
    assert_refused(
        &File::trace(&entry("conv-strong-mean")),
        &[
            set("/schema", json!("adaact.case/1")),
            add("", "comment", json!("no field of the format")),
            remove("/producer"),
            remove("/producer/device"),
            set("/producer/dtype", json!("float16")),
            add("/producer", "threads", json!(2)),
            remove("/steps/0/losses"),
            remove("/steps/0/parameters"),
            set("/steps/0/losses/0", json!(null)),
            set("/steps/0/losses", json!(0.5)),
            set("/steps/0/step", json!(-1)),
            set("/steps/0/outputs", json!(null)),
            set("/steps/0/buffers", json!([])),
            add("/steps/0", "loss", json!(0.5)),
            set("/steps/0/layers/conv/mean_square/0/0", json!("inf")),
            set("/steps/0/layers/conv/mean_square/0", json!(0.5)),
            set("/steps/0/layers/conv/ema", json!({"shape": [1], "data": [0.5]})),
            set("/steps/0/layers/conv/gradient", json!([0.5])),
            set("/steps/0/layers/conv/update/shape", json!(vec![1; 17])),
            add("/steps/0/layers/conv", "weight", json!([0.5])),
        ],
    );
}

/// Every kind of place in the corpus, changed in every way.
#[test]
fn both_say_the_same_of_every_change() {
    let mut entries = corpus::entries(&corpus::root()).unwrap();
    // What the smallest file has is changed there.
    entries.sort_by_key(|entry| fs::metadata(&entry.case_path).unwrap().len());
    for of in [File::case, File::trace] {
        let (mut places, mut refused, mut taken) = (Places::new(), 0, 0);
        let files: Vec<File> = entries.iter().map(of).collect();
        let fields = places::fields(files.iter().map(|file| &file.value));
        for file in &files {
            for pointer in places.new_in(&file.value) {
                for change in change::all(&file.value, &pointer, &fields) {
                    match file.verdicts(&change.of(&file.value)) {
                        (Ok(()), true) => taken += 1,
                        (Err(_), false) => refused += 1,
                        (Err(problem), true) if is_left_to_the_reader(&problem.fault) => {}
                        (reader, schema) => panic!(
                            "{}: {change}: the schema says {schema}, the reader {reader:?}",
                            file.name
                        ),
                    }
                }
            }
        }
        println!("{} refused, {} taken, {} kinds of places", refused, taken, places.len());
        assert!(refused > 1000 && taken > 50, "{refused} refused, {taken} taken");
    }
}

/// Whether a fault lies in how values fit together.
fn is_left_to_the_reader(fault: &Fault) -> bool {
    match fault {
        // A tensor's values fill its shape.
        Fault::Json { message, .. } => {
            message.contains("values, but `data` has") || message.contains("overflows")
        }
        Fault::Empty { needs } => *needs == "a model has a layer with parameters",
        Fault::Number { .. }
        | Fault::Large { .. }
        | Fault::Zero { .. }
        | Fault::Name { .. }
        | Fault::NoBatch { .. } => false,
        _ => true,
    }
}

/// A file of the corpus, with the schema that it is to have.
struct File {
    name: String,
    value: Value,
    validator: Validator,
    /// Of a trace.
    case: Option<Case>,
}

impl File {
    fn case(entry: &Entry) -> Self {
        let value = json(&entry.case_path);
        let validator = validator("case.schema.json");
        Self { name: entry.name.clone(), value, validator, case: None }
    }

    fn trace(entry: &Entry) -> Self {
        let value = json(&entry.golden_path);
        let validator = validator("trace.schema.json");
        let case = Some(Case::read(&entry.case_path).unwrap());
        Self { name: entry.name.clone(), value, validator, case }
    }

    /// What the reader says of a value in place of the file's, and whether it is valid.
    fn verdicts(&self, value: &Value) -> (Result<(), Problem>, bool) {
        let text = value.to_string();
        let reader = match &self.case {
            None => Case::from_json(text.as_bytes()).map(drop),
            Some(case) => Trace::from_json(text.as_bytes(), case).map(drop),
        };
        (reader, self.validator.is_valid(value))
    }
}

fn assert_refused(file: &File, mistakes: &[Change]) {
    assert_eq!(file.verdicts(&file.value), (Ok(()), true));
    for mistake in mistakes {
        let (reader, schema) = file.verdicts(&mistake.of(&file.value));
        assert!(reader.is_err(), "the reader takes {mistake}");
        assert!(!schema, "the schema takes {mistake}");
    }
}

fn entry(name: &str) -> Entry {
    let entries = corpus::entries(&corpus::root()).unwrap();
    entries.into_iter().find(|entry| entry.name == name).expect("a case of the corpus")
}

fn validator(name: &str) -> Validator {
    let (_, schema) = schemas::all().into_iter().find(|(file, _)| *file == name).unwrap();
    jsonschema::draft202012::new(schema.as_value()).unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}
