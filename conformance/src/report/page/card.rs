//! One failure, in every mode in which it shows.

use super::anchor::Anchor;
use super::point::{divergence, place};
use super::words;
use crate::report::finding::Finding;
use crate::report::looks::{Explains, Looks};
use crate::report::verdict::Listed;
use crate::report::words::{UNKNOWN, mode};
use maud::{Markup, html};

/// A failure: what, where, what it looks like, and how to reproduce it.
pub struct Card<'c> {
    /// The findings of its modes: the first is shown in full, of the others what differs.
    pub modes: &'c [&'c Finding],
    /// All findings on the page.
    pub all: &'c [&'c Finding],
    pub shows_subject: bool,
    pub is_open: bool,
}

impl Card<'_> {
    /// What links lead to is not in the summary: browsers open the rest of a card for them.
    pub fn markup(&self) -> Markup {
        let finding = self.modes[0];
        html! {
            details.failure open[self.is_open] {
                summary { (self.line()) }
                @for finding in self.modes { span.target id=(Anchor::of(finding)) {} }
                (self.details(finding))
                @if let Some(looks) = &finding.looks_like { (looks_like(looks)) }
                @for other in &self.modes[1..] {
                    @if other.divergence != finding.divergence || !is_alike(other, finding) {
                        p { (mode(other.mode)) ": " (other.sentence()) }
                        (self.output(other))
                    }
                }
                @if let Some(again) = &finding.again {
                    p.quiet { "To run it alone:" }
                    pre { code { (again) } }
                }
            }
        }
    }

    /// Case, subject and modes, verdict, and the first place in a few words.
    fn line(&self) -> Markup {
        let finding = self.modes[0];
        let subject = self.shows_subject.then(|| finding.subject.clone());
        let how = subject.into_iter().chain(finding.dtype.map(|dtype| dtype.to_string()));
        let modes = self.modes.iter().map(|finding| mode(finding.mode).to_owned());
        let how: Vec<_> = how.chain(modes).collect();
        html! {
            strong { (finding.case) } " "
            span.quiet { (how.join(", ")) } " "
            span {
                (words::verdict(finding.verdict))
                @if finding.listed == Listed::AsExpected { " " span.odd { "as expected" } }
            } " "
            span.first {
                @match &finding.divergence {
                    Some(point) => (place(point)),
                    None => (finding.message)
                }
            }
        }
    }

    fn details(&self, finding: &Finding) -> Markup {
        match &finding.divergence {
            Some(point) => divergence(finding, point),
            None => html! { p { (finding.message) } (self.output(finding)) },
        }
    }

    /// What the subject wrote, or a link to an earlier failure that wrote the same.
    fn output(&self, finding: &Finding) -> Markup {
        let output = finding.failure.as_ref().map_or("", |failed| failed.output.trim_end());
        html! {
            @if let Some(first) = repeats(finding, self.all) {
                p {
                    "It writes the same as in "
                    a href={ "#" (Anchor::of(first)) } { (first.case) ", " (mode(first.mode)) } "."
                }
            } @else if !output.is_empty() {
                pre { (output) }
            }
        }
    }
}

/// The first failure of the same kind that writes the same, unless it is this one.
pub fn repeats<'r>(finding: &Finding, all: &[&'r Finding]) -> Option<&'r Finding> {
    let writes = finding.failure.as_ref().is_some_and(|failed| !failed.output.trim().is_empty());
    let first = all.iter().copied().find(|other| writes && is_alike(other, finding))?;
    (Anchor::of(first) != Anchor::of(finding)).then_some(first)
}

/// Whether the trace is missing in the same way, in whatever step.
fn is_alike(a: &Finding, b: &Finding) -> bool {
    match (&a.failure, &b.failure) {
        (Some(x), Some(y)) => (&a.subject, x.kind, &x.output) == (&b.subject, y.kind, &y.output),
        (x, y) => x.is_none() && y.is_none(),
    }
}

fn looks_like(Looks { explains, mistakes, digits }: &Looks) -> Markup {
    let up_to = match explains {
        Explains::First => " up to the first divergence",
        Explains::Whole | Explains::Nothing => "",
    };
    html! {
        p.looks {
            @match (mistakes.is_empty(), digits) {
                (false, _) => {
                    "It matches a known mistake" (up_to) ": " (words::mistakes(mistakes)) "."
                }
                (true, Some(digits)) => {
                    "It seems to be printed with " strong { (digits) " digits" } ", too few to restore "
                    "the numbers."
                }
                (true, None) => { "It " (UNKNOWN) "." }
            }
        }
    }
}
