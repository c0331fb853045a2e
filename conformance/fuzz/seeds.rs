//! Fills `corpus/` with the cases of the project's corpus, alone and with their golden traces.

use fixtures::corpus;
use std::fs;
use std::path::Path;

/// Larger files would slow everything down, and say nothing new.
const MAX_BYTES: usize = 60_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for target in ["cases", "traces", "checks"] {
        fs::create_dir_all(folder.join(target))?;
    }
    for entry in corpus::entries(&corpus::root())? {
        let (case, golden) = entry.read()?;
        let case = serde_json::to_string(&case)?;
        let both = format!("{case}\n{}", serde_json::to_string(&golden)?);
        for (target, seed) in [("cases", &case), ("traces", &both), ("checks", &both)] {
            if seed.len() <= MAX_BYTES {
                fs::write(folder.join(target).join(&entry.name), seed)?;
            }
        }
    }
    Ok(())
}
