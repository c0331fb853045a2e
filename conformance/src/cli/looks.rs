//! Which known mistakes a subject seems to make.

use super::style::BOLD;
use conformance::report::{Explains, Looks, Named, Suspect, UNKNOWN};
use std::io::{self, Write};

/// What a wrong trace looks like: the lines that follow a verdict of divergence.
pub fn looks(out: &mut impl Write, Looks { explains, mistakes, digits }: &Looks) -> io::Result<()> {
    match (explains, digits) {
        (Explains::Nothing, Some(digits)) => writeln!(
            out,
            "seems to be printed with {BOLD}{digits} digits{BOLD:#}, too few to restore the numbers; \
             in C, print with \"%.17g\""
        ),
        (Explains::Nothing, None) => writeln!(out, "{UNKNOWN}"),
        (Explains::Whole, _) => matches(out, "", mistakes),
        (Explains::First, _) => {
            matches(out, " up to the first divergence", mistakes)?;
            writeln!(out, "  what follows has another cause as well")
        }
    }
}

/// `matches a known mistake: ε inside the root (epsilon-inside-root, S8)`, or a list of those that
/// this case cannot tell apart.
fn matches(out: &mut impl Write, up_to: &str, mistakes: &[Named]) -> io::Result<()> {
    match mistakes {
        [mistake] => writeln!(out, "matches a known mistake{up_to}: {BOLD}{mistake}{BOLD:#}"),
        _ => {
            let count = mistakes.len();
            writeln!(
                out,
                "matches one of {count} known mistakes{up_to}, which this case cannot tell apart:"
            )?;
            list(out, mistakes)
        }
    }
}

/// Below all replays of `run`: what each subject looks like.
pub fn suspects(out: &mut impl Write, suspects: &[Suspect]) -> io::Result<()> {
    for Suspect { subject, diverging, explained, mistakes } in suspects {
        if mistakes.is_empty() {
            writeln!(out, "{subject} {UNKNOWN}")?;
            continue;
        }
        writeln!(
            out,
            "{subject}: {explained} of {diverging} diverging cases match a known mistake:"
        )?;
        list(out, mistakes)?;
    }
    Ok(())
}

fn list(out: &mut impl Write, mistakes: &[Named]) -> io::Result<()> {
    mistakes.iter().try_for_each(|mistake| writeln!(out, "  {BOLD}{mistake}{BOLD:#}"))
}
