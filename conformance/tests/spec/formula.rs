//! The arithmetic of the examples: `[1/(√3.0625 + 0.25), …]`, `β2·V1 + (1 - β2)·A2`.
//!
//! ```text
//! sum     = product (("+" | "-") product)*
//! product = factor (("·" | "/") factor)*
//! factor  = ("-" | "√") factor | atom ("²" | "³")*
//! atom    = number | "∞" | "NaN" | name | "(" sum ")" | "[" sum ("," sum)* "]"
//! ```

use fixtures::Tensor;
use std::collections::BTreeMap;

/// Values by name.
pub type Values = BTreeMap<String, Tensor>;

/// The value of a formula; a scalar has no axes.
pub fn evaluate(text: &str, known: &Values) -> Result<Tensor, String> {
    let mut parser = Parser { rest: text.trim(), known };
    let value = parser.sum()?;
    if parser.rest.is_empty() { Ok(value) } else { Err(format!("not read: {}", parser.rest)) }
}

pub fn scalar(x: f64) -> Tensor {
    Tensor::new([], vec![x])
}

/// `f` of every pair, where the axes that one lacks in front are repeated.
pub fn combine(a: &Tensor, b: &Tensor, f: impl Fn(f64, f64) -> f64) -> Result<Tensor, String> {
    let (large, small) = if a.shape.len() >= b.shape.len() { (a, b) } else { (b, a) };
    if !large.shape.ends_with(&small.shape) {
        return Err(format!("shapes {:?} and {:?}", a.shape, b.shape));
    }
    let at = |x: &Tensor, i: usize| x.data[i % x.data.len()];
    let data = (0..large.data.len()).map(|i| f(at(a, i), at(b, i))).collect();
    Ok(Tensor::new(large.shape.clone(), data))
}

struct Parser<'a> {
    rest: &'a str,
    known: &'a Values,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<Tensor, String> {
        let mut sum = self.product()?;
        loop {
            if self.take("+") {
                sum = combine(&sum, &self.product()?, |a, b| a + b)?;
            } else if self.take("-") {
                sum = combine(&sum, &self.product()?, |a, b| a - b)?;
            } else {
                return Ok(sum);
            }
        }
    }

    fn product(&mut self) -> Result<Tensor, String> {
        let mut product = self.factor()?;
        loop {
            if self.take("·") {
                product = combine(&product, &self.factor()?, |a, b| a * b)?;
            } else if self.take("/") {
                product = combine(&product, &self.factor()?, |a, b| a / b)?;
            } else {
                return Ok(product);
            }
        }
    }

    fn factor(&mut self) -> Result<Tensor, String> {
        if self.take("-") {
            return Ok(map(self.factor()?, |x| -x));
        }
        if self.take("√") {
            return Ok(map(self.factor()?, f64::sqrt));
        }
        let mut power = self.atom()?;
        loop {
            if self.take("²") {
                power = map(power, |x| x * x);
            } else if self.take("³") {
                power = map(power, |x| x * x * x);
            } else {
                return Ok(power);
            }
        }
    }

    fn atom(&mut self) -> Result<Tensor, String> {
        if self.take("(") {
            let value = self.sum()?;
            return if self.take(")") { Ok(value) } else { Err(format!("no ) at {}", self.rest)) };
        }
        if self.take("[") {
            return self.list();
        }
        if self.take("∞") {
            return Ok(scalar(f64::INFINITY));
        }
        let word = |c: char| c.is_alphanumeric() && !"²³".contains(c) || "._\u{302}".contains(c);
        let end = self.rest.find(|c| !word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        match self.known.get(word) {
            Some(value) => Ok(value.clone()),
            None if word == "NaN" => Ok(scalar(f64::NAN)),
            None if word.starts_with(|c: char| c.is_ascii_digit()) => {
                word.parse().map(scalar).map_err(|error| format!("{word}: {error}"))
            }
            None => Err(format!("no value is named {word:?}, before {rest:?}")),
        }
    }

    /// The elements behind `[`, along a new axis in front.
    fn list(&mut self) -> Result<Tensor, String> {
        let first = self.sum()?;
        let (mut count, mut data) = (1, first.data);
        while self.take(",") {
            let next = self.sum()?;
            if next.shape != first.shape {
                return Err(format!("a list of shapes {:?} and {:?}", first.shape, next.shape));
            }
            count += 1;
            data.extend(next.data);
        }
        if !self.take("]") {
            return Err(format!("no ] at {}", self.rest));
        }
        let shape: Vec<usize> = [count].into_iter().chain(first.shape).collect();
        Ok(Tensor::new(shape, data))
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }
}

fn map(mut x: Tensor, f: impl Fn(f64) -> f64) -> Tensor {
    x.data.iter_mut().for_each(|x| *x = f(*x));
    x
}
