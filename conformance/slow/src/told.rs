//! Arithmetic that remembers where it comes from, to be told.

use crate::scalar::Scalar;
use std::cmp::Ordering;
use std::fmt::{self, Write};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A float64 with the operation that made it, as [`tell`](Told::tell) writes it.
///
/// Whatever is computed is kept until the program ends: for a step of a layer, not for a training.
#[derive(Clone, Copy, Debug)]
pub struct Told(&'static Node);

#[derive(Debug)]
struct Node {
    value: f64,
    how: How,
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// A number to begin with.
    Number,
    Sum(Told, Told),
    Difference(Told, Told),
    Product(Told, Told),
    Quotient(Told, Told),
    Negative(Told),
    Function(&'static str, Told),
    /// `x / (1 − βᵗ)`
    Corrected(Told, f64, u64),
}

/// How tightly an expression holds together: what is looser than its place stands in parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bond {
    Sum,
    Product,
    Atom,
}

/// Terms of a sum that are written out; of the others only how many they are.
const TERMS: usize = 128;

impl Told {
    fn made(value: f64, how: How) -> Self {
        Self(Box::leak(Box::new(Node { value, how })))
    }

    /// How the number was computed, from numbers and from the `known` ones, which are written as
    /// their values.
    #[must_use]
    pub fn tell(self, known: &[Told]) -> String {
        let mut text = String::new();
        self.expression(known, &mut text).expect("strings take any text");
        text
    }

    /// The `x / (1 − βᵗ)` that the number was computed from, if any, down to the `known` ones.
    #[must_use]
    pub fn corrected(self, known: &[Told]) -> Option<Told> {
        if self.is_in(known) {
            return None;
        }
        match self.0.how {
            How::Corrected(..) => Some(self),
            How::Number => None,
            How::Negative(x) | How::Function(_, x) => x.corrected(known),
            How::Sum(x, y) | How::Difference(x, y) | How::Product(x, y) | How::Quotient(x, y) => {
                x.corrected(known).or_else(|| y.corrected(known))
            }
        }
    }

    fn expression(self, known: &[Told], out: &mut String) -> fmt::Result {
        match self.0.how {
            How::Number => write!(out, "{:?}", self.0.value),
            How::Sum(..) => self.sum(known, out),
            How::Difference(x, y) => {
                x.operand(known, Bond::Sum, out)?;
                out.push_str(" - ");
                y.operand(known, Bond::Product, out)
            }
            How::Product(x, y) if x.is(y) => {
                x.operand(known, Bond::Atom, out)?;
                out.push('²');
                Ok(())
            }
            How::Product(x, y) => {
                x.operand(known, Bond::Product, out)?;
                out.push('·');
                y.operand(known, Bond::Atom, out)
            }
            How::Quotient(x, y) => {
                x.operand(known, Bond::Product, out)?;
                out.push('/');
                y.operand(known, Bond::Atom, out)
            }
            How::Negative(x) => {
                out.push('-');
                x.operand(known, Bond::Atom, out)
            }
            How::Function(name, x) => {
                out.push_str(name);
                x.operand(known, Bond::Atom, out)
            }
            How::Corrected(x, beta, t) => {
                x.operand(known, Bond::Product, out)?;
                write!(out, "/(1 - {beta:?}^{t})")
            }
        }
    }

    /// The terms of a sum, from the first one on; not the 0 that it began with.
    fn sum(self, known: &[Told], out: &mut String) -> fmt::Result {
        let mut terms = Vec::new();
        let mut rest = self;
        while let (How::Sum(x, y), true) = (rest.0.how, rest.is(self) || !rest.is_in(known)) {
            terms.push(y);
            rest = x;
        }
        if !(matches!(rest.0.how, How::Number) && rest.0.value == 0.0) {
            terms.push(rest);
        }
        for (nth, term) in terms.iter().rev().take(TERMS).enumerate() {
            if nth > 0 {
                out.push_str(" + ");
            }
            term.operand(known, Bond::Product, out)?;
        }
        if terms.len() > TERMS {
            write!(out, " + {} more", terms.len() - TERMS)?;
        }
        Ok(())
    }

    /// The number as a part of an expression that binds its parts by `bond`.
    fn operand(self, known: &[Told], bond: Bond, out: &mut String) -> fmt::Result {
        let value = self.0.value;
        let is_plain = matches!(self.0.how, How::Number) || self.is_in(known);
        if is_plain && value.is_sign_negative() {
            write!(out, "({value:?})")
        } else if is_plain {
            write!(out, "{value:?}")
        } else if self.bond() < bond {
            out.push('(');
            self.expression(known, out)?;
            out.push(')');
            Ok(())
        } else {
            self.expression(known, out)
        }
    }

    fn bond(self) -> Bond {
        match self.0.how {
            How::Sum(..) | How::Difference(..) => Bond::Sum,
            How::Product(..) | How::Quotient(..) | How::Negative(_) | How::Corrected(..) => {
                Bond::Product
            }
            How::Number | How::Function(..) => Bond::Atom,
        }
    }

    fn is_in(self, known: &[Told]) -> bool {
        known.iter().any(|&other| self.is(other))
    }

    /// Whether this is the same result, not only an equal one.
    fn is(self, other: Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Scalar for Told {
    fn new(value: f64) -> Self {
        Self::made(value, How::Number)
    }
    fn value(self) -> f64 {
        self.0.value
    }
    fn sqrt(self) -> Self {
        Self::made(self.0.value.sqrt(), How::Function("√", self))
    }
    fn exp(self) -> Self {
        Self::made(self.0.value.exp(), How::Function("exp ", self))
    }
    fn ln(self) -> Self {
        Self::made(self.0.value.ln(), How::Function("ln ", self))
    }
    fn tanh(self) -> Self {
        Self::made(self.0.value.tanh(), How::Function("tanh ", self))
    }
    fn erf(self) -> Self {
        Self::made(libm::erf(self.0.value), How::Function("erf ", self))
    }
    fn abs(self) -> Self {
        Self::made(self.0.value.abs(), How::Function("abs ", self))
    }
    fn over_correction(self, beta: f64, t: u64) -> Self {
        Self::made(self.0.value.over_correction(beta, t), How::Corrected(self, beta, t))
    }
}

impl Add for Told {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::made(self.0.value + other.0.value, How::Sum(self, other))
    }
}

impl Sub for Told {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::made(self.0.value - other.0.value, How::Difference(self, other))
    }
}

impl Mul for Told {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::made(self.0.value * other.0.value, How::Product(self, other))
    }
}

impl Div for Told {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self::made(self.0.value / other.0.value, How::Quotient(self, other))
    }
}

impl Neg for Told {
    type Output = Self;
    fn neg(self) -> Self {
        Self::made(-self.0.value, How::Negative(self))
    }
}

impl PartialEq for Told {
    fn eq(&self, other: &Self) -> bool {
        self.0.value == other.0.value
    }
}

impl PartialOrd for Told {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.0.value.partial_cmp(&other.0.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_told_with_the_parentheses_that_it_needs() {
        let [a, b, c] = [1.5, -2.0, 4.0].map(Told::new);
        for (number, text, value) in [
            (a + b * c, "1.5 + (-2.0)·4.0", -6.5),
            ((a + b) * c, "(1.5 + (-2.0))·4.0", -2.0),
            (a * (b / c), "1.5·((-2.0)/4.0)", -0.75),
            (a - (b - c), "1.5 - ((-2.0) - 4.0)", 7.5),
            (a / (c.sqrt() + b), "1.5/(√4.0 + (-2.0))", f64::INFINITY),
            ((a + c).sqrt() * -c, "√(1.5 + 4.0)·(-4.0)", -4.0 * 5.5_f64.sqrt()),
            (c.over_correction(0.5, 2), "4.0/(1 - 0.5^2)", 4.0 / 0.75),
        ] {
            assert_eq!((number.tell(&[]).as_str(), number.value()), (text, value));
        }
    }

    #[test]
    fn a_mean_of_squares_reads_like_one() {
        let rows = [2.0, 1.0, -2.5].map(Told::new);
        let sum = rows.iter().fold(Told::new(0.0), |sum, &x| sum + x * x);
        assert_eq!((sum / Told::new(3.0)).tell(&[]), "(2.0² + 1.0² + (-2.5)²)/3.0");
    }

    #[test]
    fn what_is_known_is_a_number() {
        let mean = Told::new(1.0) + Told::new(2.0);
        let next = Told::new(0.5) * mean + Told::new(0.25);
        assert_eq!(next.tell(&[mean]), "0.5·3.0 + 0.25");
        // Another result of the same value is not known.
        assert_eq!(next.tell(&[Told::new(3.0)]), "0.5·(1.0 + 2.0) + 0.25");
        assert_eq!(mean.tell(&[mean]), "1.0 + 2.0");
    }

    #[test]
    fn of_a_long_sum_the_end_is_counted() {
        let sum = (0..TERMS + 3).fold(Told::new(0.0), |sum, _| sum + Told::new(1.0));
        assert!(sum.tell(&[]).ends_with("1.0 + 3 more"));
    }

    #[test]
    fn a_correction_is_found_unless_what_holds_it_is_known() {
        let corrected = Told::new(3.0).over_correction(0.9, 2);
        let scale = Told::new(1.0) / (corrected.sqrt() + Told::new(1e-8));
        assert!(scale.corrected(&[]).is_some_and(|found| found.is(corrected)));
        assert!((scale * scale).corrected(&[scale]).is_none());
    }
}
