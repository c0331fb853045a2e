//! Keeps `docs/spec.md` true: its form, and every number of its examples.
//!
//! An example is a fenced block `example S8` of lines. `given x = …` is an input. Any other line
//! begins with the name of something that the reference computes from the inputs; every side of
//! the line, number or formula, is held against that. See `Line`.

#[path = "spec/around.rs"]
mod around;
#[path = "spec/computed.rs"]
mod computed;
#[path = "spec/document.rs"]
mod document;
#[path = "spec/equations.rs"]
mod equations;
#[path = "spec/formula.rs"]
mod formula;
#[path = "spec/observed.rs"]
mod observed;
#[path = "spec/running.rs"]
mod running;

use document::{Document, Line, Relation};
use fixtures::Tensor;
use formula::{Values, evaluate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Sides of `=` agree to this, relative to the larger of 1 and the value. The examples take fewer
/// than a hundred roundings of 2⁻⁵³, of values up to 30.
const EXACT: f64 = 1e-12;
/// A mistake shown by `≠` changes some value by at least this: more than the digits printed.
const DISTINCT: f64 = 1e-3;

/// Numbers that prose may name: the paper, and the usual β2, whose example S7 has.
const IN_PROSE: [&str; 2] = ["2506.08353", "0.999"];

/// What the reference computes: by name, the clause whose example shows it, and the value.
type Computed = BTreeMap<String, (String, Tensor)>;

fn text() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/spec.md");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn document() -> Document {
    Document::parse(&text())
}

#[test]
fn every_clause_has_its_parts() {
    let clauses = document().clauses;
    let ids: Vec<&str> = clauses.iter().map(|clause| clause.id.as_str()).collect();
    let expected: Vec<String> = (1..=20).map(|n| format!("S{n}")).collect();
    assert_eq!(ids, expected);
    for clause in clauses {
        let id = &clause.id;
        assert!(!clause.title.is_empty(), "{id} has no title");
        let normative = |kind: &String| kind == "MUST" || kind == "QUIRK";
        assert!(clause.statements.iter().any(normative), "{id} demands nothing");
        for kind in &clause.statements {
            assert!(normative(kind) || kind == "SHOULD", "{id} has a statement of kind {kind}");
        }
        assert_eq!(clause.count("equation"), 1, "equations of {id}");
        assert!(clause.count(&format!("example {id}")) >= 1, "{id} has no example");
        for part in ["**Why.**", "**Example.**"] {
            let count = clause.prose.iter().filter(|line| line.starts_with(part)).count();
            assert_eq!(count, 1, "{part} of {id}");
        }
    }
}

#[test]
fn clauses_that_are_named_exist_and_prose_holds_no_unchecked_number() {
    let document = document();
    let clauses = document.clauses.iter().flat_map(|clause| &clause.prose);
    for line in document.intro.iter().chain(clauses) {
        let apart = |c: char| !(c.is_alphanumeric() || c == '.' || c == '_');
        for word in line.split(apart).map(|word| word.trim_end_matches('.')) {
            let number = word.strip_prefix('S').and_then(|number| number.parse().ok());
            assert!(number.is_none_or(|n: u32| (1..=20).contains(&n)), "{word} in: {line}");
            let decimal = word.contains('.') && word.parse::<f64>().is_ok();
            assert!(!decimal || IN_PROSE.contains(&word), "{word} in: {line}");
        }
    }
}

#[test]
fn every_number_is_what_the_reference_computes() {
    let document = document();
    let given = given(&document);
    let failures = failures(&document, given.clone(), &computed::all(&given));
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_digit_of_a_result_counts() {
    let text = text();
    let given = given(&document());
    let computed = computed::all(&given);
    let mut line_start = 0;
    let mut example = false;
    let mut unnoticed = Vec::new();
    let mut changed = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("```") {
            example = line.starts_with("```example ");
        } else if example && !line.starts_with("given ") {
            let relation =
                if line.starts_with(' ') { Some(0) } else { line.find(['=', '≈', '≠']) };
            for (at, digit) in line.char_indices().filter(|&(at, _)| Some(at) > relation) {
                let name =
                    line[..at].ends_with(|c: char| c.is_alphabetic() || "_\u{302}".contains(c));
                if !digit.is_ascii_digit() || name {
                    continue;
                }
                let other = if digit == '1' { "3" } else { "1" };
                let at = line_start + at;
                let wrong = [&text[..at], other, &text[at + 1..]].concat();
                changed += 1;
                if failures(&Document::parse(&wrong), given.clone(), &computed).is_empty() {
                    unnoticed.push(format!("{other} at {at} in {line}"));
                }
            }
        }
        line_start += line.len();
    }
    assert!(changed > 1000, "{changed} digits");
    assert!(unnoticed.is_empty(), "\n{}", unnoticed.concat());
}

/// What is wrong with the examples, whose inputs are `known`.
fn failures(document: &Document, mut known: Values, computed: &Computed) -> Vec<String> {
    let mut failures = Vec::new();
    for block in document.blocks() {
        let Some(id) = block.example() else { continue };
        for line in block.lines().iter().filter(|line| !line.given) {
            let value = computed.get(&line.name).filter(|(clause, _)| clause == id);
            let Some((_, value)) = value else {
                failures.push(format!("{id}: nothing computes {}", line.name));
                continue;
            };
            if let Err(failure) = check(line, value, &known) {
                failures.push(format!("{id}: {}: {failure}", line.name));
            }
            known.insert(line.name.clone(), value.clone());
        }
    }
    let missing = computed.keys().filter(|&name| !known.contains_key(name));
    failures.extend(missing.map(|name| format!("{name} is not in the document")));
    failures
}

/// All inputs of the document by name.
fn given(document: &Document) -> Values {
    let mut given = Values::new();
    for block in document.blocks().filter(|block| block.example().is_some()) {
        for line in block.lines().iter().filter(|line| line.given) {
            let [(Relation::Equal, side)] = &line.sides[..] else { panic!("given {}", line.name) };
            let value = evaluate(side, &Values::new()).unwrap();
            assert!(given.insert(line.name.clone(), value).is_none(), "{} twice", line.name);
        }
    }
    given
}

/// Holds every side of a line against the value, or a mistake against the value and itself.
fn check(line: &Line, value: &Tensor, known: &Values) -> Result<(), String> {
    let sides = line
        .sides
        .iter()
        .map(|(relation, side)| Ok((*relation, side, evaluate(side, known)?)))
        .collect::<Result<Vec<_>, String>>()?;
    let (first, text, mistake) = &sides[0];
    let is_mistake = *first == Relation::Distinct;
    if is_mistake && !differs(mistake, value) {
        return Err(format!("{text} does not differ from {:?}", value.data));
    }
    let value = if is_mistake { mistake } else { value };
    for (relation, text, side) in &sides[usize::from(is_mistake)..] {
        let tolerance = match relation {
            Relation::Equal => 0.0,
            Relation::Approximate => 0.5 * 10_f64.powi(-decimals(text)),
            Relation::Distinct => return Err("a second ≠".to_owned()),
        };
        if !agrees(side, value, tolerance) {
            return Err(format!("{text} is {side:?}, computed is {value:?}"));
        }
    }
    Ok(())
}

/// NaN agrees with NaN alone, an infinity with itself.
fn agrees(a: &Tensor, b: &Tensor, tolerance: f64) -> bool {
    a.shape == b.shape
        && a.data.iter().zip(&b.data).all(|(&a, &b)| {
            let close = a.is_finite() && (a - b).abs() <= tolerance + EXACT * b.abs().max(1.0);
            a == b || a.is_nan() && b.is_nan() || b.is_finite() && close
        })
}

/// Whether two finite arrays of one shape differ somewhere so that one can see it.
fn differs(a: &Tensor, b: &Tensor) -> bool {
    a.shape == b.shape
        && a.data.iter().chain(&b.data).all(|x| x.is_finite())
        && a.data.iter().zip(&b.data).any(|(a, b)| (a - b).abs() >= DISTINCT)
}

/// The most digits after a decimal point that the text shows.
fn decimals(text: &str) -> i32 {
    let numbers = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let digits =
        numbers.filter_map(|number| number.split_once('.')).map(|(_, digits)| digits.len());
    digits.max().unwrap_or(0).try_into().unwrap()
}

#[test]
fn a_wrong_number_is_found() {
    let value = |text| evaluate(text, &Values::new()).unwrap();
    let verdict = |text: &str, number| check(&Line::parse(text), &value(number), &Values::new());
    assert_eq!(verdict("x = 1/4 = 0.25", "0.25"), Ok(()));
    assert_eq!(verdict("x ≈ 0.33", "1/3"), Ok(()));
    assert_eq!(verdict("x ≠ 0.5 = 1/2", "0.25"), Ok(()));
    assert_eq!(verdict("x = NaN", "NaN"), Ok(()));
    assert_eq!(verdict("x = [∞, 1]", "[∞, 1]"), Ok(()));
    for (text, number) in [
        ("x = 1/4 = 0.26", "0.25"),
        ("x = 1/3 = 0.25", "0.25"),
        ("x ≈ 0.34", "1/3"),
        ("x ≈ 0.3334", "1/3"),
        ("x ≠ 0.25", "0.25"),
        ("x ≠ 0.5 = 0.51", "0.25"),
        ("x = NaN", "0.25"),
        ("x = 0.25", "NaN"),
        ("x ≠ 0.25", "NaN"),
        ("x ≠ NaN", "0.25"),
        ("x = ∞", "-∞"),
        ("x = 5", "∞"),
        ("x = ∞", "5"),
        ("x = [0.25]", "0.25"),
        ("x = [1, 2]", "[1, 2, 3]"),
        ("x = y", "0.25"),
        ("x = 0.2.5", "0.25"),
        ("x = (0.25", "0.25"),
    ] {
        assert!(verdict(text, number).is_err(), "{text}, computed {number}");
    }
}

#[test]
fn formulas_are_read_as_written() {
    let known: Values = [("V̂1".to_owned(), evaluate("[9, 4]", &Values::new()).unwrap())].into();
    for (text, shape, data) in [
        ("-2² + 3·2 - 1", &[][..], &[1.0][..]),
        ("8/2/2", &[], &[2.0]),
        ("√V̂1 + 1", &[2], &[4.0, 3.0]),
        ("[[1, 2], [3, 4]]·V̂1", &[2, 2], &[9.0, 8.0, 27.0, 16.0]),
        ("2·[[1], [3]]", &[2, 1], &[2.0, 6.0]),
        ("(1 + 0.5³)/[1, 2]", &[2], &[1.125, 0.5625]),
    ] {
        let value = evaluate(text, &known).unwrap();
        assert_eq!((&value.shape[..], &value.data[..]), (shape, data), "{text}");
    }
}

#[test]
fn refusals_name_the_layer_and_the_value() {
    let given = given(&document());
    assert_eq!(
        around::unobserved(&given),
        "layer `fc` has a gradient, but no training forward has shown its input"
    );
    let names: BTreeSet<_> = around::refusals(&given).into_iter().collect();
    assert!(names.contains("`beta2` is 1; it must be in [0, 1)"), "{names:#?}");
    assert!(names.contains("`eps` is NaN; it must be finite and at least 0"), "{names:#?}");
    let rate = "`weight_decay` of parameter `fc.bias` is -0.25; it must be finite and at least 0";
    assert!(names.contains(rate), "{names:#?}");
}
