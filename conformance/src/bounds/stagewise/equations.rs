//! The stages of the optimizer, each from the stage before it, and how far an honest one may lie.
//!
//! Everything is computed in float64. With `u` the unit roundoff of the subject's dtype, a bound is
//!
//! ```text
//! Σ over the terms of the formula: roundings·u·|term|   +   what may be flushed to zero
//! ```
//!
//! The roundings are counted, at the constants below, for the worst of the forms that an honest
//! implementation may take; those of the judge itself are added. Constants (`β`, `1 − β`,
//! `1 − βᵗ`, `η·λ`) are float64 (S7) and rounded to the subject's dtype once.
//! `docs/tolerances.md` has the counts in a table.

use super::precision::{Precision, Roundings};
use crate::compare::Average;

/// What is expected, and how far an honest value may lie from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Derived {
    /// The expected value.
    pub expected: f64,
    /// The largest honest `|got − expected|`; not negative, or no number.
    pub bound: f64,
}

/// Arguments and results of one formula that may each be flushed to zero when they are below the
/// smallest normal number: two terms, their sum, and an argument.
const FLUSHED: f64 = 4.0;

impl Derived {
    /// A moving average before a step; `None` where the trace leaves it out.
    pub fn start(average: Average, len: usize, precision: &Precision) -> Option<Vec<Self>> {
        let exact = |expected| Self { expected, bound: 0.0 };
        match average {
            Average::Zero => Some(vec![exact(0.0); len]),
            Average::Own(values) => Some(values.iter().copied().map(exact).collect()),
            Average::Given(values) => {
                let rounded =
                    |&x: &f64| Self { expected: x, bound: x.abs() * precision.of_given() };
                Some(values.iter().map(rounded).collect())
            }
            Average::Untold => None,
        }
    }

    /// The bound that is held against: what has none conforms only if it is equal.
    #[must_use]
    pub fn allowed(&self) -> f64 {
        if self.bound.is_finite() { self.bound } else { 0.0 }
    }
}

// ------------------------------------------------------------------ S6, S10

/// On `x̄`. `β·x̄ + (1−β)·x`: the constant β, the product, the sum: 3. `x̄ + (1−β)·(x − x̄)`: 2 and
/// what weighs `(1−β)·|x̄|` only. `x − (x − x̄)·(1 − (1−β))`, as libtorch has it for β ≤ ½: 2½.
/// In float64: the judge's product and sum, and 2 to spare, so that both terms have the same.
const OF_MEAN: Roundings = Roundings { subject: 3, float64: 4 };

/// On `(1−β)·x`. The constant, the product, the sum: 3. By a difference: the difference too, 4; in
/// libtorch's form for β ≤ ½: 5. With `x = Σ/N`, of which the trace has the rounded quotient, and
/// `(1−β)/N` in one constant: 4.
/// In float64: `1 − β` of both sides, the judge's product and sum.
const OF_VALUE: Roundings = Roundings { subject: 5, float64: 4 };

/// `x̄ ← β·x̄ + (1−β)·x` (S6, S10); what `x̄` was off by before is carried along.
///
/// The terms are taken as `x̄` and `(1−β)·x`, not as `β·x̄`: forms by a difference round
/// `(1−β)·x̄`.
#[must_use]
pub fn average(mean: Derived, x: f64, beta: f64, precision: &Precision) -> Derived {
    let weight = 1.0 - beta;
    let of_mean = precision.of_roundings(OF_MEAN) * (mean.expected.abs() + mean.bound);
    let of_value = precision.of_roundings(OF_VALUE) * weight * x.abs();
    Derived {
        expected: beta * mean.expected + weight * x,
        bound: beta * mean.bound + of_mean + of_value + FLUSHED * precision.tiny,
    }
}

// ------------------------------------------------------------------ S7, S8

/// On `s`. `1/(√(V/c) + ε)` with `c = 1 − β2ᵗ`: half of the constant's and the quotient's under the
/// root, the root, the sum, the inverse: 4. `1/(√V/√c + ε)`: the two roots, the quotient, the sum,
/// the inverse: 5. The rounding of ε weighs on ε alone, which has fewer.
/// In float64: the judge's 4 and a half for `c`; the subject's `c` and `√c`: 1½.
const OF_SCALE: Roundings = Roundings { subject: 5, float64: 6 };

/// `s = 1/(√V̂ + ε)` with `V̂ = V/(1 − β2ᵗ)` (S7, S8).
///
/// Half the relative error of `1 − β2ᵗ` passes the root. A `V` below the smallest normal number
/// may be taken for 0, unless `ε` is 0 and nothing were bounded then.
#[must_use]
pub fn scale(v: f64, t: u64, beta2: f64, eps: f64, precision: &Precision) -> Derived {
    let correction = 1.0 - beta2.powf(t as f64);
    let s = 1.0 / ((v / correction).sqrt() + eps);
    let flushed = if v < precision.tiny && eps > 0.0 { (1.0 / eps - s).max(0.0) } else { 0.0 };
    let relative = precision.of_roundings(OF_SCALE) + precision.of_correction(beta2, t) / 2.0;
    Derived { expected: s, bound: s * relative + flushed + FLUSHED * precision.tiny }
}

// ------------------------------------------------------------------ S10, S11

/// On `U`. `M/c·s` with `c = 1 − β1ᵗ`, `M·(1/c)·s` or `M·(s/c)`: the constant and two operations:
/// 3. `M/c/(√V̂ + ε)`, by the divisor of which the trace has the rounded inverse: 4.
/// In float64: the judge's 3; the subject's `c` and `1/c`.
const OF_UPDATE: Roundings = Roundings { subject: 4, float64: 5 };

/// `U = M̂·s` with `M̂ = M/(1 − β1ᵗ)` (S10, S11).
#[must_use]
pub fn update(m: f64, s: f64, t: u64, beta1: f64, precision: &Precision) -> Derived {
    let correction = 1.0 - beta1.powf(t as f64);
    let u = m / correction * s;
    let relative = precision.of_roundings(OF_UPDATE) + precision.of_correction(beta1, t);
    // What is flushed before the last product is multiplied by what follows.
    let flushed = FLUSHED * precision.tiny * (1.0 + s.abs() / correction);
    Derived { expected: u, bound: u.abs() * relative + flushed }
}

// ------------------------------------------------------------------ S12–S14

/// On `θ`. `θ·(1 − η·λ) − η·U`: the constant, the product, the sum: 3. `θ − η·(U + λ·θ)`: 1.
/// In float64: the judge's 3; the subject's constant.
const OF_PARAMETER: Roundings = Roundings { subject: 3, float64: 4 };

/// On `η·λ·θ`. As part of `θ·(1 − η·λ)`: 3. In `θ − η·(U + λ·θ)`: two constants, two products, two
/// sums: 6.
/// In float64: `η·λ` and the rest of the judge's, 4; `η·λ` of the subject; `r·g/lr` in any order.
const OF_DECAY: Roundings = Roundings { subject: 6, float64: 8 };

/// On `η·U`, for a `U` that the subject may never have stored: the trace's own has 3 roundings, and
/// in `θ + M·(s·(−η/c))` there are the constant, two products and the sum: 7.
/// In float64: the judge's 2; `c` and `η/c`; `r·g/lr` in any order on both sides.
const OF_STEP: Roundings = Roundings { subject: 7, float64: 8 };

/// On `η·G` of a plain parameter, whose `U` is its gradient (S13). `η·G`: the constant, the
/// product, the sum: 3. `θ − η·(G + λ·θ)`: 4.
/// In float64: as above.
const OF_PLAIN_STEP: Roundings = Roundings { subject: 4, float64: 8 };

/// What a parameter is moved along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The update of a preconditioned layer (S11).
    Update,
    /// The gradient of a plain parameter (S13).
    PlainGradient,
}

/// `θ ← θ·(1 − η·λ)`, then `θ ← θ − η·U` (S12–S14), with `rates = (η, λ)`.
///
/// With `η = 0` no parameter moves (S16): nothing is rounded then.
#[must_use]
pub fn descend(
    theta: Derived,
    u: f64,
    direction: Direction,
    rates: (f64, f64),
    precision: &Precision,
) -> Derived {
    let (lr, weight_decay) = rates;
    let decay = lr * weight_decay;
    let expected = theta.expected * (1.0 - decay) - lr * u;
    if lr == 0.0 {
        return Derived { expected, bound: theta.bound };
    }
    let magnitude = theta.expected.abs() + theta.bound;
    let of_step = match direction {
        Direction::Update => OF_STEP,
        Direction::PlainGradient => OF_PLAIN_STEP,
    };
    let bound = theta.bound * (1.0 + decay)
        + precision.of_roundings(OF_PARAMETER) * magnitude
        + precision.of_roundings(OF_DECAY) * decay * magnitude
        + precision.of_roundings(of_step) * lr * u.abs()
        + FLUSHED * precision.tiny * (1.0 + lr);
    Derived { expected, bound }
}
