//! The corpus says what it should: both engines replay it, and it covers what it claims to cover.

use conformance::{ReplayMode, Subject, generate, replay};
use fixtures::{Case, Layer, Trace, corpus};
use std::collections::BTreeSet;

fn corpus() -> Vec<(Case, Trace)> {
    let entries = corpus::entries(&corpus::root()).unwrap();
    let read = |entry: &corpus::Entry| {
        let case = Case::read(&entry.case_path).unwrap();
        let golden = Trace::read(&entry.golden_path, &case).unwrap();
        (case, golden)
    };
    entries.iter().map(read).collect()
}

/// Replays everything in both modes and lists what does not conform.
fn failures(subject: &Subject) -> Vec<String> {
    let mut failures = Vec::new();
    for (case, golden) in corpus() {
        for mode in [ReplayMode::Forced, ReplayMode::Free] {
            match replay(subject, &case, &golden, mode) {
                Ok(judgement) if judgement.conforms() && judgement.not_judged.is_empty() => {}
                Ok(judgement) => failures.push(format!("{} {mode:?}: {judgement:?}", case.name)),
                Err(error) => failures.push(format!("{} {mode:?}: {error:#}", case.name)),
            }
        }
    }
    failures
}

#[test]
fn the_reference_replays_the_corpus() {
    assert_eq!(failures(&Subject::Reference), Vec::<String>::new());
}

#[cfg(feature = "tch")]
#[test]
fn libtorch_replays_the_corpus_in_float64_and_float32() {
    use conformance::Device;
    use fixtures::Dtype;
    for dtype in [Dtype::Float64, Dtype::Float32] {
        let subject = Subject::Tch { dtype, device: Device::Cpu };
        assert_eq!(failures(&subject), Vec::<String>::new());
    }
}

#[test]
fn the_own_cases_are_what_the_generator_makes() {
    let own = corpus::root().join("own");
    for case in generate::all() {
        let committed = Case::read(own.join(format!("{}.case.json", case.name))).unwrap();
        assert_eq!(committed, case, "run `conformance bless` and look at what moves");
    }
}

#[test]
fn every_clause_and_every_layer_type_has_a_case() {
    let cases = corpus();
    let clauses: BTreeSet<&str> =
        cases.iter().flat_map(|(case, _)| case.clauses.iter().map(String::as_str)).collect();
    // S15 (a parameter without a gradient) and S18 (refused hyperparameters) cannot be written as
    // a case: every parameter of a case has a gradient, and a case with refused values is
    // unusable. Both are tested in `reference`, `gpu` and `fixtures`.
    for id in (1..=20).filter(|id| ![15, 18].contains(id)).map(|id| format!("S{id}")) {
        assert!(clauses.contains(id.as_str()), "no case for clause {id}");
    }

    let mut kinds = BTreeSet::new();
    cases.iter().for_each(|(case, _)| collect_kinds(&case.model, &mut kinds));
    assert_eq!(kinds.len(), 16, "layer types without a case; there are only {kinds:?}");
}

fn collect_kinds(layers: &[Layer], kinds: &mut BTreeSet<String>) {
    for layer in layers {
        let text = serde_json::to_value(layer).unwrap();
        kinds.insert(text["type"].as_str().unwrap().to_owned());
        match layer {
            Layer::Residual(l) => {
                collect_kinds(&l.body, kinds);
                collect_kinds(l.shortcut.as_deref().unwrap_or_default(), kinds);
            }
            Layer::Concat(l) => collect_kinds(&l.body, kinds),
            _ => {}
        }
    }
}
