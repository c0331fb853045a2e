//! What the words and figures of the page mean, for someone who reads it for the first time.

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
                    "A case is replayed twice: as a whole trajectory (free), and with every step restarted "
                    "from the correct state before it (forced). Free shows what adds up; forced tells a "
                    "wrong step from one that only inherits an error. A trace given to " code { "check" }
                    " is judged from its own state. A case that is declined as a whole is not tried again."
                }
                dt { "stage" }
                dd {
                    "One of the results that a step computes in turn, from " i { "observations" } " to "
                    i { "parameters" } ". The first wrong stage is closest to the mistake."
                }
                dt { "error, bound" }
                dd {
                    "How far a value is from the expected one, and how far honest rounding can move it. An "
                    "error of " code { "1.4e-16" } " with a bound of " code { "7.3e-15" } " is at 2 % of its "
                    "bound, which is fine; beyond 100 % the value diverges. Each case, stage and dtype has "
                    "its own bounds."
                }
                dt { "ulp" }
                dd { "The error in units in the last place: steps to the next number in that dtype." }
                dt { "conforms, diverges, fails, declined" }
                dd {
                    "Every value is within its bound; some value is beyond it; there is no trace to judge; "
                    "the subject says that it does not support the case."
                }
                dt { "S1 to S20" }
                dd { "The " a href="#clauses" { "clauses" } " of the specification, " code { "spec.md" } "." }
            }
        }
    }
}
