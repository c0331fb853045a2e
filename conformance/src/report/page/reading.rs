//! What the words and figures of the page mean, for who reads it first.

use maud::{Markup, html};

pub fn section() -> Markup {
    html! {
        details.reading {
            summary { "How to read this page" }
            dl id="reading" {
                dt { "case" }
                dd { "A small network with its data and a few steps of the optimizer, from the corpus." }
                dt { "free, forced, check" }
                dd {
                    "A case is replayed as a whole trajectory (free), and once more with every step restarted "
                    "from the right state before it (forced). Free shows what adds up, forced tells a wrong "
                    "step from one that only inherits. A trace that was given is checked from its own state. "
                    "What is declined as a whole is not tried again."
                }
                dt { "stage" }
                dd {
                    "What a step computes, one after the other, from " i { "observations" } " to "
                    i { "parameters" } ". The first that is wrong stands closest to the mistake."
                }
                dt { "error, bound" }
                dd {
                    "How far a value is from what was expected, and how far honest rounding can bring it: an "
                    "error of " code { "1.4e-16" } " with a bound of " code { "7.3e-15" } " is at 2 % of its "
                    "bound, which is fine. Beyond 100 % it diverges. Bounds are per case, stage and dtype."
                }
                dt { "ulp" }
                dd { "The error in units in the last place: steps to the next number that the dtype has." }
                dt { "conforms, diverges, fails, declined" }
                dd {
                    "Every value lies within its bound; one lies beyond; there is no trace to judge; the subject "
                    "says that it does not support the case."
                }
                dt { "S1 to S20" }
                dd { "The " a href="#clauses" { "clauses" } " of the specification, " code { "spec.md" } "." }
            }
        }
    }
}
