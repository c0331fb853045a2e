//! Nothing in the specification stands alone, and `docs/matrix.md` says what there is.

use conformance::studies::matrix::{self, Matrix};
use fixtures::Case;
use fixtures::corpus::{self, Origin};
use std::path::Path;

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn corpus() -> Vec<(Case, Origin)> {
    let entries = corpus::entries(&corpus::root()).unwrap().into_iter();
    entries.map(|entry| (Case::read(&entry.case_path).unwrap(), entry.origin)).collect()
}

fn matrix_of(specification: &str, corpus: &[(Case, Origin)]) -> Matrix {
    Matrix::new(specification, corpus.iter().map(|(case, origin)| (case, *origin)))
}

/// The page with a dot for every figure: of who notices a mistake, and of the grid.
fn without_figures(page: &str) -> String {
    let mut heading = "";
    let mut masked = String::new();
    for line in page.lines() {
        heading = line.strip_prefix("## ").unwrap_or(heading);
        let is_row = line.starts_with("| `") && heading != "Scenarios" && !heading.is_empty();
        let mut cells: Vec<_> = line.split(" | ").map(str::to_owned).collect();
        if is_row && heading == "Cases by clauses" {
            let mask = |cell: &mut String| {
                *cell = if cell.contains("**") { "**·**" } else { "" }.to_owned();
            };
            let line = line.trim_end_matches('|').trim_end();
            cells = line.split(" |").map(|cell| cell.trim().to_owned()).collect();
            cells[1..].iter_mut().for_each(mask);
            masked += &(cells.join("|") + "\n");
        } else if is_row {
            assert_eq!(cells.len(), 4, "{line}");
            masked += &format!("{} | {} | · | · |\n", cells[0], cells[1]);
        } else {
            masked += &format!("{line}\n");
        }
    }
    masked
}

#[test]
fn every_clause_has_a_case_or_scenario_and_a_mistake() {
    let matrix = matrix_of(&read(&matrix::specification()), &corpus());
    assert_eq!(matrix.clauses.len(), 20);
    assert_eq!(matrix.gaps(), Vec::<String>::new());
}

#[test]
fn gaps_are_found() {
    let corpus = corpus();
    let without_s18: Vec<_> = corpus.iter().filter(|(case, _)| case.name == "mlp-bias").collect();
    let specification = "## S18 — Refused\n\n## S21 — New\n";
    let cases = without_s18.iter().map(|(case, origin)| (case, *origin));
    let gaps = Matrix::new(specification, cases).gaps();
    for gap in [
        "S21 has neither a case nor a scenario",
        "S21 has no mistake",
        "mlp-bias lists S3, which is no clause",
        "frozen-layer lists S1, which is no clause",
        "epsilon-absent lists S8, which is no clause",
    ] {
        assert!(gaps.iter().any(|found| found == gap), "{gap}: {gaps:#?}");
    }
    assert!(!gaps.iter().any(|gap| gap.starts_with("S18")), "{gaps:#?}");
}

/// All but the figures, which `mutants.rs` recomputes.
#[test]
fn the_committed_page_is_what_the_command_writes() {
    let matrix = matrix_of(&read(&matrix::specification()), &corpus());
    let committed = read(&matrix::path());
    let (committed, now) = (without_figures(&committed), without_figures(&matrix.render(None)));
    for (number, (committed, now)) in committed.lines().zip(now.lines()).enumerate() {
        assert_eq!(committed, now, "line {}: run `conformance matrix`", number + 1);
    }
    assert_eq!(committed.lines().count(), now.lines().count(), "run `conformance matrix`");
}

#[test]
fn the_page_is_small_enough_to_read() {
    assert!(read(&matrix::path()).len() < 60_000);
}
