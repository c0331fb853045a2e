//! What a wrong trace looks like, for people and for programs.

use conformance::mutants::{Diagnosis, Mutant};
use serde_json::{Value, json};
use std::io::{self, Write};

/// The lines that follow a verdict of divergence.
pub fn text(out: &mut impl Write, diagnosis: &Diagnosis) -> io::Result<()> {
    match (diagnosis.whole.as_slice(), diagnosis.first.as_slice()) {
        ([], []) => writeln!(out, "looks like no mistake of the catalogue"),
        ([], first) => {
            mutants(out, "up to what diverges first", first)?;
            writeln!(out, "  what follows has another cause as well")
        }
        (whole, _) => mutants(out, "", whole),
    }
}

/// `looks like what comes out with ε inside the root (epsilon-inside-root, S8)`, or a list of those
/// that this case cannot tell apart.
fn mutants(out: &mut impl Write, where_: &str, mutants: &[Mutant]) -> io::Result<()> {
    let so = if where_.is_empty() { String::new() } else { format!(", {where_},") };
    match mutants {
        [mutant] => writeln!(out, "looks{so} like what comes out with {}", line(*mutant)),
        _ => {
            let count = mutants.len();
            writeln!(
                out,
                "looks{so} like one of {count} mistakes that this case cannot tell apart:"
            )?;
            mutants.iter().try_for_each(|mutant| writeln!(out, "  {}", line(*mutant)))
        }
    }
}

/// `ε inside the root (epsilon-inside-root, S8)`
pub fn line(mutant: Mutant) -> String {
    format!("{} ({mutant}, {})", mutant.what(), mutant.clause())
}

/// The same for programs: what is explained, `"whole"`, `"first"` or `"nothing"`, and by whom.
pub fn json(diagnosis: &Diagnosis) -> Value {
    let explains = match (diagnosis.whole.is_empty(), diagnosis.first.is_empty()) {
        (false, _) => "whole",
        (true, false) => "first",
        (true, true) => "nothing",
    };
    let mutants = diagnosis.whole.iter().chain(&diagnosis.first).map(
        |mutant| json!({ "name": mutant.name(), "clause": mutant.clause(), "what": mutant.what() }),
    );
    json!({ "explains": explains, "mutants": mutants.collect::<Vec<_>>() })
}
