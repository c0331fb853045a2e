//! What people read: lines and verdicts, in colour where that is wanted.

use anstyle::{AnsiColor, Style};
use conformance::report::{Explains, Finding, Listed, Looks, Mistake, Point, Verdict};
use conformance::{ReplayMode, Stage, WAYS, error_line};
use fixtures::{Dtype, Number};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, Write};
use std::time::Duration;

/// As it should be.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// A fault of the subject.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Neither.
pub const ODD: Style = AnsiColor::Yellow.on_default();
/// What is read only when it is looked for.
pub const QUIET: Style = Style::new().dimmed();

/// One line of `run`.
pub fn line(
    (style, mark): (Style, &str),
    case: &str,
    subject: &str,
    dtype: &str,
    mode: ReplayMode,
    what: &str,
) -> String {
    let subject = shortened(subject);
    format!("{style}{mark:8}{style:#} {case:28} {subject:9} {dtype:7} {:6} {what}", mode.name())
}

/// A command without its folders: `python3 port.py` for `/usr/bin/python3 ports/port.py`.
fn shortened(command: &str) -> String {
    let names = command.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    names.collect::<Vec<_>>().join(" ")
}

/// The word at the start of a line, in its colour.
pub fn mark(verdict: Verdict, listed: Listed) -> (Style, &'static str) {
    match (verdict, listed) {
        (_, Listed::AsExpected) => (ODD, "expected"),
        (Verdict::Conforms, _) => (GOOD, "ok"),
        (Verdict::Diverges, _) => (BAD, "DIVERGES"),
        (Verdict::Fails, _) => (BAD, "FAILS"),
        (Verdict::Declines, _) => (ODD, "declines"),
    }
}

/// The line of `run` for a finding, and below what does not conform the command that replays it;
/// `shown` is what a subject wrote at its last failure.
pub fn finding(out: &mut impl Write, finding: &Finding, shown: Option<&str>) -> io::Result<()> {
    let mark = mark(finding.verdict, finding.listed);
    let mode = finding.mode.expect("of a replay");
    let dtype = finding.dtype.map_or("-", dtype);
    let Finding { case, subject, message, .. } = finding;
    writeln!(out, "{}", line(mark, case, subject, dtype, mode, message))?;
    for line in output_below(finding, shown) {
        writeln!(out, "         {QUIET}| {line}{QUIET:#}")?;
    }
    match &finding.again {
        Some(again) => writeln!(out, "         {QUIET}again: {again}{QUIET:#}"),
        None => Ok(()),
    }
}

/// So many lines of what a subject wrote are shown below its failure.
const OUTPUT_LINES: usize = 6;

/// What a subject wrote, from the line that names the error or else the end of it; nothing where
/// the line of the finding has all of it.
fn output_below<'o>(finding: &'o Finding, shown: Option<&str>) -> Vec<&'o str> {
    let output = match &finding.failure {
        Some(failed) if finding.verdict == Verdict::Fails => failed.output.trim_end(),
        _ => "",
    };
    if output.is_empty() || finding.message.ends_with(output) {
        return Vec::new();
    }
    if shown.is_some_and(|shown| shown.trim_end() == output) {
        return vec!["as above"];
    }
    let lines: Vec<_> = output.lines().collect();
    let last = lines.len().saturating_sub(OUTPUT_LINES);
    let first = error_line(&lines).map_or(last, |line| line.min(last));
    let end = lines.len().min(first + OUTPUT_LINES);
    let dots = |left_out: bool| left_out.then_some("…");
    let below = dots(first > 0).into_iter().chain(lines[first..end].iter().copied());
    below.chain(dots(end < lines.len())).collect()
}

/// A bar on standard error for work of so many parts; invisible unless that is a terminal.
pub fn progress(name: &str, parts: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}")
        .expect("the template is valid");
    ProgressBar::new(parts as u64).with_style(style).with_message(name.to_owned())
}

/// A sign of life on standard error for work whose parts cannot be counted; as [`progress`].
pub fn spinner(what: &'static str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(200));
    spinner
}

/// The verdict of `check`.
pub fn verdict(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let Finding { case, message, steps, .. } = finding;
    if finding.verdict == Verdict::Diverges {
        writeln!(out, "{BAD}diverges{BAD:#}: case {case}, {message}")?;
    } else {
        let dtype = finding.dtype.map_or("-", dtype);
        let part = part(finding);
        writeln!(out, "{GOOD}conforms{GOOD:#}: case {case}, {steps} steps, {dtype}{part}")?;
    }
    if let Some(largest) = &finding.largest {
        writeln!(out, "largest against its bound: {largest}")?;
    }
    if let Some(first) = &finding.divergence {
        writeln!(out, "diverging steps: {} of {steps}", finding.diverging_steps.len())?;
        stages_of_step(out, finding, first)?;
    }
    for kinks in &finding.kinks {
        writeln!(out, "kinks: {kinks}")?;
    }
    how_judged(out, finding)
}

/// `, in the 3 of 10 stages that it reports`; nothing if the trace has all.
fn part(finding: &Finding) -> String {
    let missing = &finding.not_judged;
    if missing.is_empty() {
        return String::new();
    }
    let whole = finding.ratios.keys().filter(|stage| !missing.contains(&stage.name())).count();
    format!(", in the {whole} of {} stages that it reports", whole + missing.len())
}

/// `steps[0]: scale, update, parameters diverge; mean_square, outputs, … conform`: how far a
/// fault has spread in the step in which it shows first.
fn stages_of_step(out: &mut impl Write, finding: &Finding, first: &Point) -> io::Result<()> {
    let ratio = |stage: &Stage| finding.ratios.get(stage)?.get(first.step).copied().flatten();
    let judged = Stage::ALL.into_iter().filter(|stage| ratio(stage).is_some());
    let diverges = |stage: &Stage| {
        stage.name() == first.stage || !ratio(stage).is_some_and(|Number(ratio)| ratio <= 1.0)
    };
    let (diverging, conforming): (Vec<_>, Vec<_>) = judged.partition(diverges);
    write!(out, "steps[{}]: {} diverge", first.step, listed(&diverging))?;
    match conforming.is_empty() {
        true => writeln!(out),
        false => writeln!(out, "; {} conform", listed(&conforming)),
    }
}

fn listed(stages: &[Stage]) -> String {
    stages.iter().map(|stage| stage.name()).collect::<Vec<_>>().join(", ")
}

/// What could be judged, how, and what not.
fn how_judged(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let how = match finding.judged {
        Some("own_state") => "every step from the trace's own state before it",
        Some("golden_state") => "every step from the golden state before it",
        _ => "the whole trajectory",
    };
    let stages = match finding.stage_by_stage.as_slice() {
        [] => String::new(),
        stages => format!("; from the trace's own stage before, too: {}", stages.join(", ")),
    };
    writeln!(out, "judged: {how}{stages}")?;
    if finding.bounds == Some("estimated") && finding.reported.is_empty() {
        writeln!(
            out,
            "bounds: estimated, since the case is large, from {WAYS} runs of the reference and one of \
             the slow copy that differ by rounding; kinks are not looked for"
        )?;
    }
    if !finding.reported.is_empty() {
        writeln!(
            out,
            "reported, not judged, since in float32 rounding decides kinks of so large a network:"
        )?;
    }
    for point in &finding.reported {
        writeln!(out, "  {point}")?;
    }
    if !finding.not_judged.is_empty() {
        let missing = finding.not_judged.join(", ");
        writeln!(out, "not judged, since not in both traces at every step: {missing}")?;
    }
    if !finding.clauses_not_judged.is_empty() {
        let clauses = finding.clauses_not_judged.join(", ");
        writeln!(out, "clauses not judged by their own stages: {clauses}")?;
    }
    Ok(())
}

/// What a wrong trace looks like: the lines that follow a verdict of divergence.
pub fn looks(out: &mut impl Write, looks: &Looks) -> io::Result<()> {
    let Looks { explains, mutants, digits } = looks;
    match explains {
        Explains::Nothing => match digits {
            Some(digits) => writeln!(
                out,
                "looks as if printed with {BOLD}{digits} digits{BOLD:#}, too few to restore a number: in \
                 C, print with \"%.17g\""
            ),
            None => writeln!(
                out,
                "looks like no mistake of the catalogue, which has those of the optimizer"
            ),
        },
        Explains::First => {
            looks_like(out, ", up to what diverges first,", mutants)?;
            writeln!(out, "  what follows has another cause as well")
        }
        Explains::Whole => looks_like(out, "", mutants),
    }
}

/// `looks like what comes out with ε inside the root (epsilon-inside-root, S8)`, or a list of those
/// that this case cannot tell apart.
fn looks_like(out: &mut impl Write, so: &str, mistakes: &[Mistake]) -> io::Result<()> {
    match mistakes {
        [mistake] => writeln!(out, "looks{so} like what comes out with {BOLD}{mistake}{BOLD:#}"),
        _ => {
            let count = mistakes.len();
            writeln!(
                out,
                "looks{so} like one of {count} mistakes that this case cannot tell apart:"
            )?;
            mistakes.iter().try_for_each(|mistake| writeln!(out, "  {BOLD}{mistake}{BOLD:#}"))
        }
    }
}

const BOLD: Style = Style::new().bold();

/// The name of a dtype in the formats.
pub fn dtype(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::Float64 => "float64",
        Dtype::Float32 => "float32",
    }
}
