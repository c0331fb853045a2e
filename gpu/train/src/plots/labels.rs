//! Short names for runs, which tell them apart.

use fixtures::run::Settings;
use serde_json::Value;

/// So many characters fit into a line of the legend.
const LONGEST: usize = 34;

/// What a run is called.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label {
    /// Optimizer, learning rate and number of the run.
    pub name: String,
    /// Where others have the same name: the other settings in which they differ, or the directory
    /// if one has the same settings.
    pub detail: Option<String>,
}

/// A label for every run, from the name of its directory and its settings.
pub(super) fn labels(runs: &[(&str, &Settings)]) -> Vec<Label> {
    let names: Vec<_> = runs.iter().map(|(_, settings)| name(settings)).collect();
    let label = |(name, (directory, settings)): (&String, &(&str, &Settings))| {
        let namesakes = runs.iter().zip(&names).filter(|(_, other)| *other == name);
        let namesakes: Vec<&Settings> = namesakes.map(|((_, settings), _)| *settings).collect();
        let repetitions = namesakes.iter().filter(|other| *other == settings).count();
        let detail = (namesakes.len() > 1).then(|| match repetitions {
            1 => shorten(&differences(settings, &namesakes), LONGEST),
            _ => shorten(directory, LONGEST),
        });
        Label { name: shorten(name, LONGEST), detail }
    };
    names.iter().zip(runs).map(label).collect()
}

fn name(settings: &Settings) -> String {
    let Settings { optim, lr, run, .. } = settings;
    let lr = if *lr < 1e-4 { format!("{lr:e}") } else { lr.to_string() };
    format!("{optim} lr {lr} run {run}")
}

/// Name and value of every setting that is not the same in all of `runs`.
fn differences(settings: &Settings, runs: &[&Settings]) -> String {
    let runs: Vec<_> = runs.iter().map(|settings| settings.fields()).collect();
    let fields = settings.fields();
    let differs = |name: &str| runs.iter().any(|run| run.get(name) != fields.get(name));
    let shown = |(name, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{} {}", name.replace('_', " "), shorten(&value, 10))
    };
    let differing = fields.iter().filter(|(name, _)| differs(name));
    differing.map(shown).collect::<Vec<_>>().join(", ")
}

/// At most `longest` characters, and only such as XML has.
pub(super) fn shorten(text: &str, longest: usize) -> String {
    let clean = |c: char| match c {
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    if text.chars().count() <= longest {
        return text.chars().map(clean).collect();
    }
    text.chars().take(longest - 1).map(clean).chain(['…']).collect()
}
