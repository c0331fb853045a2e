//! Words with a colour.

use crate::report::named::Named;
use crate::report::verdict::Verdict;
use maud::{Markup, html};

/// A verdict as a word in its colour.
pub fn verdict(verdict: Verdict) -> Markup {
    let (class, word) = match verdict {
        Verdict::Conforms => ("good", "conforms"),
        Verdict::Diverges => ("bad", "diverges"),
        Verdict::Fails => ("bad", "fails"),
        Verdict::Declines => ("odd", "declined"),
    };
    html! { span class=(class) { (word) } }
}

/// **no root** (S8), or **ε inside the root** (S8), with links to the clauses.
pub fn mistakes(mistakes: &[Named]) -> Markup {
    html! {
        @for (i, mistake) in mistakes.iter().enumerate() {
            @if i > 0 { ", or " }
            strong { (mistake.what()) } " (" a href={ "#" (mistake.clause()) } { (mistake.clause()) } ")"
        }
    }
}
