//! Colours, and the word at the start of a line.

use anstyle::{AnsiColor, Style};
use conformance::report::{Listed, Verdict};

/// As it should be.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// A fault of the subject.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Neither.
pub const ODD: Style = AnsiColor::Yellow.on_default();
/// For readers who look for details.
pub const QUIET: Style = Style::new().dimmed();
/// What a reader should see first.
pub const BOLD: Style = Style::new().bold();

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
