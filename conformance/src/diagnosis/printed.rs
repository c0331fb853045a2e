//! Whether a trace was printed with too few digits.

use crate::compare::addresses;
use fixtures::{Case, Dtype, StepTrace, Trace};

/// The number of significant digits that the numbers of a trace were rounded to when they were
/// printed, if that is fewer than restore them: 17 of float64, 9 of float32.
///
/// No number of the trace has more, and one of `honest`, AdaAct's own, has. Which of the digits of a
/// float64 matter is read off the shortest decimal that restores it.
pub fn rounded_to(case: &Case, trace: &Trace, honest: &[&StepTrace]) -> Option<usize> {
    let restoring = match trace.producer.dtype {
        Dtype::Float64 => 17,
        Dtype::Float32 => 9,
    };
    let printed = most_digits(case, trace.steps.iter());
    let most = || most_digits(case, honest.iter().copied());
    (printed < restoring && printed < most()).then_some(printed)
}

fn most_digits<'t>(case: &Case, steps: impl Iterator<Item = &'t StepTrace>) -> usize {
    steps.enumerate().map(|(step, trace)| of_step(case, step, trace)).max().unwrap_or(0)
}

fn of_step(case: &Case, step: usize, trace: &StepTrace) -> usize {
    let arrays = addresses(case, step).into_iter();
    let digits = |address: crate::Address| {
        let array = address.find(trace)?;
        array.values.iter().copied().map(digits).max()
    };
    arrays.filter_map(digits).max().unwrap_or(0)
}

/// The significant digits of the shortest decimal that restores a number; none of what is not finite.
fn digits(x: f64) -> usize {
    let text = format!("{x:e}");
    let (mantissa, _) = text.split_once('e').unwrap_or_default();
    mantissa.bytes().filter(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fixtures::corpus;

    #[test]
    fn digits_are_those_of_the_shortest_decimal() {
        for (x, count) in [
            (0.0, 1),
            (-0.25, 2),
            (1e300, 1),
            (0.1 + 0.2, 17),
            (f64::NAN, 0),
            (f64::NEG_INFINITY, 0),
        ] {
            assert_eq!(digits(x), count, "{x}");
        }
    }

    /// A trace as `printf` with so many digits would have it.
    #[test]
    fn a_trace_tells_how_many_digits_it_was_printed_with() {
        let entries = corpus::entries(&corpus::root()).unwrap();
        let of = |name: &str| {
            let entry = entries.iter().find(|entry| entry.name == name).unwrap();
            entry.read().unwrap()
        };
        let rounded = |trace: &Trace, digits: usize| {
            let mut trace = trace.clone();
            for step in &mut trace.steps {
                let parameters = step.parameters.values_mut().flat_map(|p| &mut p.data);
                for x in parameters {
                    *x = format!("{x:.*e}", digits - 1).parse().unwrap();
                }
                (step.losses, step.outputs, step.step) = (vec![0.5; step.losses.len()], None, None);
                step.layers.clear();
            }
            trace
        };
        let (case, golden) = of("mlp-bias");
        let honest: Vec<_> = golden.steps.iter().collect();
        for digits in [6, 9, 15, 16] {
            assert_eq!(rounded_to(&case, &rounded(&golden, digits), &honest), Some(digits));
        }
        assert_eq!(rounded_to(&case, &rounded(&golden, 17), &honest), None);
        let mut single = rounded(&golden, 9);
        single.producer.dtype = Dtype::Float32;
        assert_eq!(rounded_to(&case, &single, &honest), None);

        // Here AdaAct's own numbers are short.
        let (case, golden) = of("smoke");
        let honest: Vec<_> = golden.steps.iter().collect();
        assert_eq!(rounded_to(&case, &golden, &honest), None);
    }
}
