//! Finding runs, and separating those that count from those that are set aside.

use super::claims::Claims;
use super::counted::Counted;
use super::experiment::Experiment;
use anyhow::{Context, Result, ensure};
use fixtures::run::{Dataset, METRICS_FILE, RUN_FILE, Record, Settings};
use glob::{Pattern, glob};
use std::collections::BTreeMap;
use std::path::Path;

/// A directory with a `run.json`.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its path below the directory that was searched; `.` if it is that one.
    pub path: String,
    /// The run, or why it cannot be read.
    pub record: Result<Record, String>,
}

/// A run that no verdict uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Its path below the directory that was searched.
    pub path: String,
    /// Why, in a sentence.
    pub reason: String,
}

/// All runs, sifted.
#[derive(Clone, Debug, Default)]
pub struct Sifted {
    /// Those that count, at most one of the same experiment, images, optimizer and seed.
    pub counted: Vec<Counted>,
    /// All others, in the order of their paths.
    pub aside: Vec<SetAside>,
}

/// Every run below a directory, at any depth, in the order of their paths.
///
/// # Errors
/// If the directory does not exist or cannot be searched. A run that cannot be read is no error.
pub fn find(directory: &Path) -> Result<Vec<Found>> {
    let shown = directory.display();
    ensure!(directory.is_dir(), "{shown}: not a directory; name the directory with the runs");
    let text = directory.to_str().with_context(|| format!("{shown}: is not UTF-8"))?;
    let pattern = format!("{}/**/{RUN_FILE}", Pattern::escape(text));
    let mut runs = Vec::new();
    for path in glob(&pattern).expect("an escaped path is a valid pattern") {
        let path = path?;
        let run = path.parent().expect("a file has a parent");
        let below = run.strip_prefix(directory).unwrap_or(run).display().to_string();
        let record = Record::read(run).map_err(|error| error.to_string());
        runs.push(Found { path: if below.is_empty() { ".".to_owned() } else { below }, record });
    }
    runs.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(runs)
}

/// As [`find`], but finding nothing is an error that says what was looked for.
///
/// # Errors
/// See [`find`].
pub fn find_some(directory: &Path) -> Result<Vec<Found>> {
    let runs = find(directory)?;
    ensure!(
        !runs.is_empty(),
        "{}: no run found; a run is a directory with {RUN_FILE} and {METRICS_FILE}, as `cifar` \
         writes it; `conformance paper --plan` prints the commands that make them",
        directory.display()
    );
    Ok(runs)
}

/// Separates the runs that count for schedules of `epochs` epochs from all others.
#[must_use]
pub fn sift(found: &[Found], claims: &Claims, epochs: u64) -> Sifted {
    let common = common_images(found);
    let mut sifted = Sifted::default();
    for Found { path, record } in found {
        let judged = match record {
            Err(error) => Err(format!("cannot be read: {error}")),
            Ok(record) => {
                let counted = Counted { path: path.clone(), record: record.clone() };
                reason(&counted, claims, epochs, &common, &sifted.counted).map_or(Ok(counted), Err)
            }
        };
        match judged {
            Ok(counted) => sifted.counted.push(counted),
            Err(reason) => sifted.aside.push(SetAside { path: path.clone(), reason }),
        }
    }
    sifted
}

/// For every label, the images that most of its runs used; the first ones, if there is a tie.
fn common_images(found: &[Found]) -> BTreeMap<String, String> {
    let mut counts: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
    for Record { run, .. } in found.iter().flat_map(|found| &found.record) {
        let images = counts.entry(&run.settings.images).or_default();
        let digest = run.settings.images_sha256.as_str();
        match images.iter_mut().find(|(other, _)| *other == digest) {
            Some((_, count)) => *count += 1,
            None => images.push((digest, 1)),
        }
    }
    let most = |images: Vec<(&str, usize)>| {
        // The first of several largest, which `max_by_key` would give as the last.
        images
            .into_iter()
            .rev()
            .max_by_key(|(_, count)| *count)
            .map(|(digest, _)| digest.to_owned())
    };
    counts
        .into_iter()
        .filter_map(|(label, images)| Some((label.to_owned(), most(images)?)))
        .collect()
}

/// Why a run does not count, if it does not.
fn reason(
    run: &Counted,
    claims: &Claims,
    epochs: u64,
    common: &BTreeMap<String, String>,
    counted: &[Counted],
) -> Option<String> {
    let settings = run.settings();
    let experiment = Experiment::of(settings);
    if !claims.experiments().contains(&experiment) {
        return Some(format!("no claim is made of {experiment}"));
    }
    if let Some(other) = another_set(settings) {
        return Some(format!("its images are {other}, its classes {}", settings.dataset));
    }
    let differences = claims.recipe.differences(settings, epochs);
    if !differences.is_empty() {
        return Some(format!("is not of the recipe: {}", differences.join(", ")));
    }
    if common.get(&settings.images) != Some(&settings.images_sha256) {
        let label = &settings.images;
        return Some(format!("has other images than most runs that call theirs {label}"));
    }
    unfinished(run)
        .or_else(|| partial(run, claims.recipe.images))
        .or_else(|| duplicate(run, counted))
}

/// The published set that the images are of, if it is not the one that the classes are of.
fn another_set(settings: &Settings) -> Option<Dataset> {
    let published = settings.images.parse::<Dataset>().ok()?;
    (published != settings.dataset).then_some(published)
}

/// A run that diverged may have ended there; it has found its accuracy.
fn unfinished(run: &Counted) -> Option<String> {
    let (done, all) = (run.record.epochs.len(), run.settings().epoch);
    let counts = run.record.is_finished() || (run.diverged() && (done as u64) < all);
    (!counts).then(|| format!("is unfinished: has {done} of {all} epochs"))
}

/// Whether an epoch of a published set left out images, or trained on some twice.
fn partial(run: &Counted, expected: u64) -> Option<String> {
    if !run.is_of_published_images() || run.diverged() {
        return None;
    }
    let odd = run.record.epochs.iter().find(|epoch| epoch.images != expected)?;
    Some(format!("epoch {} trained on {} images, not {expected}", odd.epoch, odd.images))
}

fn duplicate(run: &Counted, counted: &[Counted]) -> Option<String> {
    let first = counted.iter().find(|other| other.is_again(run))?;
    let settings = run.settings();
    Some(format!("is {} with seed {} again, as {}", settings.optim, settings.seed, first.path))
}
