//! Bounds as a file: strict to read, one stage a line to look at.

use super::digest::digest;
use super::layout::Layout;
use super::table::Bounds;
use anyhow::{Context, Result, ensure};
use fixtures::Case;
use serde::Serialize;
use std::path::Path;

impl Bounds {
    /// Reads the bounds of a case.
    ///
    /// # Errors
    /// If the file cannot be read, or a field is unknown, missing, repeated, or no bound.
    pub fn read(path: &Path) -> Result<Self> {
        let bounds: Self = fixtures::read_json(path)?;
        bounds.check().with_context(|| path.display().to_string())?;
        Ok(bounds)
    }

    /// Writes the bounds of a case, with one line per stage; whole or not at all.
    ///
    /// # Errors
    /// If the system refuses; a file that was there before is unchanged.
    pub fn write(&self, path: &Path) -> Result<()> {
        Ok(fixtures::write_whole(path, &self.to_json())?)
    }

    fn to_json(&self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut text, Layout::new(4));
        self.serialize(&mut serializer).expect("bounds are serializable");
        text.push(b'\n');
        text
    }

    /// Whether these are the bounds of this very case.
    #[must_use]
    pub fn fit(&self, case: &Case) -> bool {
        self.case == case.name && self.digest == digest(case)
    }

    fn check(&self) -> Result<()> {
        let digits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let is_digest = self.digest.len() == 64 && self.digest.bytes().all(digits);
        ensure!(is_digest, "digest: \"{}\" is no SHA-256 in hexadecimal", self.digest);
        is_bound("fork_margin", self.fork_margin.unwrap_or_default())?;
        for (stage, &bound) in self.certified.iter() {
            is_bound(stage.name(), bound)?;
        }
        let stages = self.sampled.values().flat_map(|modes| modes.values());
        for (stage, names) in stages.flat_map(|stages| stages.iter()) {
            for (name, &bound) in names.iter() {
                is_bound(&format!("{stage} of \"{name}\""), bound)?;
            }
        }
        Ok(())
    }
}

fn is_bound(field: &str, value: f64) -> Result<()> {
    ensure!(value.is_finite() && value >= 0.0, "{field}: {value} is no bound: finite, at least 0");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::find::bounds_for;
    use crate::compare::{ReplayMode, Stage, addresses};
    use fixtures::{Dtype, corpus};

    fn case() -> Case {
        Case::read(corpus::root().join("official/mlp-bias.case.json")).unwrap()
    }

    fn bounds(case: &Case) -> Bounds {
        let mut bounds = Bounds::new(case);
        bounds.fork_margin = Some(1e-3);
        bounds.certified.insert(Stage::Ema, 1e-16);
        for address in addresses(case, 0) {
            bounds.widen(Dtype::Float32, ReplayMode::Forced, &address, 2.5e-7);
        }
        bounds
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let case_path = folder.path().join("mlp-bias.case.json");
        let path = folder.path().join("mlp-bias.bounds.json");
        let case = case();
        let bounds = bounds(&case);
        bounds.write(&path).unwrap();
        assert_eq!(Bounds::read(&path).unwrap(), bounds);
        assert_eq!(bounds_for(&case, Some(&case_path)).unwrap(), bounds);
        let text = String::from_utf8(bounds.to_json()).unwrap();
        assert!(text.contains("\n        \"ema\": {\"fc1\": 2.5e-7, \"fc2\": 2.5e-7"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_replaced_by_another_one_that_is_whole() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bounds.json");
        let mut bounds = bounds(&case());
        bounds.write(&path).unwrap();
        let inode = || std::fs::metadata(&path).unwrap().ino();
        let first = inode();
        bounds.fork_margin = None;
        bounds.write(&path).unwrap();
        // Another file took the name; the old one was not written into.
        assert_ne!(inode(), first);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

        let error = bounds.write(&folder.path().join("missing/a.bounds.json")).unwrap_err();
        assert!(format!("{error:#}").contains("missing/a.bounds.json: cannot be written"));
        assert_eq!(Bounds::read(&path).unwrap(), bounds);
    }

    #[test]
    fn the_bounds_of_another_case_are_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let case_path = folder.path().join("mlp-bias.case.json");
        let case = case();
        bounds(&case).write(&folder.path().join("mlp-bias.bounds.json")).unwrap();
        let mut other = case.clone();
        other.optimizer.eps *= 2.0;
        assert!(!bounds(&case).fit(&other));
        assert_eq!(bounds_for(&other, Some(&case_path)).unwrap().digest, digest(&other));
    }

    #[test]
    fn without_an_entry_nothing_but_equality_conforms() {
        let case = case();
        let bounds = bounds(&case);
        for address in addresses(&case, 0) {
            assert_eq!(bounds.of(Dtype::Float64, ReplayMode::Forced, &address), Some(0.0));
            assert_eq!(bounds.of(Dtype::Float32, ReplayMode::Free, &address), Some(0.0));
            let counts = matches!(address.stage, Stage::Observations | Stage::Step);
            let expected = if counts { 0.0 } else { 2.5e-7 };
            assert_eq!(bounds.of(Dtype::Float32, ReplayMode::Forced, &address), Some(expected));
        }
    }

    #[test]
    fn what_holds_no_bounds_is_refused_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bounds.json");
        let text = String::from_utf8(bounds(&case()).to_json()).unwrap();
        for (old, new, why) in [
            ("\"fork_margin\": 0.001", "\"fork_margin\": -1", "fork_margin"),
            ("\"fork_margin\": 0.001", "\"margin\": 0.001", "unknown field"),
            ("adaact.bounds/1", "adaact.bounds/2", "unknown variant"),
            ("\"digest\": \"", "\"digest\": \"x", "digest"),
            ("\"ema\": 1e-16", "\"ema\": 1e-16, \"ema\": 1e-15", "twice"),
            ("\"ema\": 1e-16", "\"mean\": 1e-16", "unknown variant"),
            ("2.5e-7", "\"NaN\"", "invalid type"),
            ("2.5e-7", "-2.5e-7", "no bound"),
            ("2.5e-7", "null", "fc1: invalid type: null"),
            (
                "\"fork_margin\": 0.001",
                "\"fork\\u001bmargin\": 1",
                "unknown field `fork\u{fffd}margin`",
            ),
        ] {
            assert!(text.contains(old), "{old} is not in {text}");
            std::fs::write(&path, text.replace(old, new)).unwrap();
            let error = format!("{:#}", Bounds::read(&path).unwrap_err());
            assert!(error.contains("a.bounds.json: ") && error.contains(why), "{error}");
        }
    }
}
