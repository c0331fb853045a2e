//! The corpus says what it should: both engines replay it, and it covers what it claims to cover.

use conformance::{ReplayMode, Subject, bounds_of_corpus, fork_margin, generate, replay};
use fixtures::{Case, Layer, Trace, corpus};
use std::collections::BTreeSet;

fn corpus() -> Vec<(Case, Trace)> {
    let entries = corpus::entries(&corpus::root()).unwrap();
    entries.iter().map(|entry| entry.read().unwrap()).collect()
}

/// Replays everything in both modes and lists what does not conform.
fn failures(subject: &Subject) -> Vec<String> {
    let mut failures = Vec::new();
    for (case, golden) in corpus() {
        let bounds = bounds_of_corpus(&case).unwrap();
        for mode in [ReplayMode::Forced, ReplayMode::Free] {
            match replay(subject, &case, &golden, &bounds, mode).map(|replay| replay.judgement) {
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
        // Compared as text: NaN equals itself there.
        let text = |case| serde_json::to_string(case).unwrap();
        let message = "run `conformance bless` and look at what moves";
        assert_eq!(text(&committed), text(&case), "{}: {message}", case.name);
    }
}

/// The own cases with a fork that rounding could decide, each with the margin in its file.
fn own_margins() -> Vec<(Case, f64)> {
    let entries = corpus::entries(&corpus::root()).unwrap();
    let own =
        entries.iter().filter(|entry| entry.case_path.starts_with(corpus::root().join("own")));
    let cases = own.map(|entry| entry.read().unwrap().0);
    cases
        .filter_map(|case| {
            bounds_of_corpus(&case).unwrap().fork_margin.map(|margin| (case, margin))
        })
        .collect()
}

#[test]
fn no_own_case_comes_near_a_kink() {
    let margins = own_margins();
    assert!(margins.len() >= 12, "only {} own cases have forks", margins.len());
    for (case, margin) in margins {
        assert!(margin >= generate::MARGIN, "{}: {margin:e}", case.name);
    }
}

#[test]
fn the_margins_in_the_files_are_those_of_the_cases() {
    for (case, margin) in own_margins() {
        assert_eq!(fork_margin(&case), Some(margin), "{}", case.name);
    }
    let case = |name| corpus().into_iter().find(|(case, _)| case.name == name).unwrap().0;
    // Maxima over outputs of ReLU: where all are zero, the convention decides.
    assert!(fork_margin(&case("max-pool-smoothing")).is_some_and(|margin| margin > 0.0));
    assert_eq!(fork_margin(&case("forty-steps")), None);
}

#[test]
fn every_clause_has_three_cases_and_every_layer_type_has_one() {
    let cases = corpus();
    // S15 (a parameter without a gradient) and S18 (refused hyperparameters) cannot be written as
    // a case: every parameter of a case has a gradient, and a case with refused values is
    // unusable. Both are tested in `reference`, `gpu` and `fixtures`.
    let clauses: BTreeSet<String> =
        (1..=20).filter(|id| ![15, 18].contains(id)).map(|id| format!("S{id}")).collect();
    for id in &clauses {
        let count = cases.iter().filter(|(case, _)| case.clauses.contains(id)).count();
        assert!(count >= 3, "{count} cases for clause {id}");
    }
    for (case, _) in &cases {
        assert!(case.clauses.iter().all(|id| clauses.contains(id)), "{}", case.name);
    }

    let mut kinds = BTreeSet::new();
    cases.iter().for_each(|(case, _)| collect_kinds(&case.model, &mut kinds));
    assert_eq!(kinds.len(), 16, "layer types without a case; there are only {kinds:?}");
}

#[test]
fn every_case_says_what_it_is_for_in_a_sentence_of_its_own() {
    let cases = corpus();
    assert_eq!(cases.len(), 93, "names are permanent: a case that is gone is missed");
    for (case, _) in &cases {
        let said = &case.description;
        let sentence = said.strip_suffix('.').is_some_and(|said| !said.contains(". "));
        assert!(sentence, "{}: {said}", case.name);
        let same = cases.iter().filter(|(other, _)| other.description == *said).count();
        assert_eq!(same, 1, "{}: {said}", case.name);
    }
}

#[test]
fn the_corpus_is_small() {
    let entries = corpus::entries(&corpus::root()).unwrap();
    let bytes = |path: &std::path::Path| std::fs::metadata(path).unwrap().len();
    let total: u64 =
        entries.iter().map(|entry| bytes(&entry.case_path) + bytes(&entry.golden_path)).sum();
    assert!(total < 8_000_000, "{total} bytes of cases and traces");
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
