//! An axis: what it spans, where its ticks are, and how they read.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// Linear or logarithmic, over a span that is never empty.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    scale: Scale,
    span: Range<f64>,
    ticks: Vec<Tick>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scale {
    Linear,
    Log,
}

/// `digits · 10^exponent`, which prints without rounding errors.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tick {
    digits: f64,
    exponent: i32,
}

/// The largest magnitude that is drawn, far from where spans overflow.
const LARGEST: f64 = 1e100;
/// The most intervals between ticks.
const INTERVALS: f64 = 7.0;
/// From this ratio of values on, a logarithmic axis shows more.
const LOG_RATIO: f64 = 8.0;
/// The part of a span that is left free at its ends.
const FREE: f64 = 0.04;

/// Whether a value has a place on an axis.
pub(super) fn is_drawable(value: f64) -> bool {
    value.abs() <= LARGEST // false for NaN
}

/// Whether a value has a place on a logarithmic axis.
pub(super) fn is_drawable_in_log(value: f64) -> bool {
    (1.0 / LARGEST..=LARGEST).contains(&value)
}

impl Axis {
    /// From 0 to a value that is not negative; `finest` is the least step between ticks.
    pub fn from_zero(high: f64, finest: f64) -> Self {
        let high = if high > 1.0 / LARGEST { high } else { 1.0 };
        Self::linear(0.0..high * (1.0 + FREE / 2.0), finest)
    }

    /// From the least to the largest value, all of them [drawable](is_drawable).
    pub fn around(values: impl Iterator<Item = f64>) -> Self {
        Self::linear(freed(extent(values)), 0.0)
    }

    /// As [`Self::around`], but logarithmic where values differ much; all have to be
    /// [positive](is_drawable_in_log).
    pub fn around_positive(values: impl Iterator<Item = f64>) -> Self {
        let span = extent(values);
        if !(span.end >= LOG_RATIO * span.start && span.start > 0.0) {
            return Self::linear(freed(span), 0.0);
        }
        let decades = freed(span.start.log10()..span.end.log10());
        let ticks = decade_ticks(&decades);
        let span = 10f64.powf(decades.start)..10f64.powf(decades.end);
        Self { scale: Scale::Log, span, ticks }
    }

    fn linear(span: Range<f64>, finest: f64) -> Self {
        let least = ((span.end - span.start) / INTERVALS).max(finest);
        let mut exponent = least.log10().floor() as i32;
        let steps = [1.0, 2.0, 5.0].into_iter();
        let fitting = steps.map(|s| Tick { digits: s, exponent }).find(|s| s.value() >= least);
        let step = fitting.map_or(1.0, |step| step.digits);
        exponent += i32::from(fitting.is_none());

        let unit = Tick { digits: step, exponent }.value();
        let (first, last) = ((span.start / unit).ceil(), (span.end / unit).floor());
        let count = (last - first).max(0.0) as usize;
        let tick = |i: usize| Tick { digits: (first + i as f64) * step, exponent };
        Self { scale: Scale::Linear, ticks: (0..=count).map(tick).collect(), span }
    }

    /// Where on the axis, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let on_scale = |x: f64| match self.scale {
            Scale::Linear => x,
            Scale::Log => x.log10(),
        };
        let (start, end) = (on_scale(self.span.start), on_scale(self.span.end));
        ((on_scale(value) - start) / (end - start)).clamp(0.0, 1.0)
    }
}

impl Tick {
    fn value(self) -> f64 {
        // Dividing by a power of ten rounds once; multiplying by its inverse rounds twice.
        if self.exponent < 0 {
            self.digits / 10f64.powi(-self.exponent)
        } else {
            self.digits * 10f64.powi(self.exponent)
        }
    }

    fn text(self) -> String {
        let value = self.value();
        if value == 0.0 {
            return "0".to_owned();
        }
        let magnitude = value.abs().log10().floor() as i32;
        if (-4..6).contains(&magnitude) && self.exponent > -9 {
            return format!("{value:.*}", (-self.exponent).max(0) as usize);
        }
        format!("{value:.*e}", (magnitude - self.exponent).clamp(0, 15) as usize)
    }
}

/// The least and the largest value; without values, 0 to 1.
fn extent(values: impl Iterator<Item = f64>) -> Range<f64> {
    values.map(|x| x..x).reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or(0.0..1.0)
}

/// A span with some room at both ends, also around a single value.
fn freed(span: Range<f64>) -> Range<f64> {
    let (length, size) = (span.end - span.start, span.start.abs().max(span.end.abs()));
    let room = if length > size * 1e-9 { length * FREE } else { (size * 0.05).max(1e-100) };
    span.start - room..span.end + room
}

/// Ticks at 1, 2, 5, 10, … over few decades, at powers of ten over many; the span is in decades.
fn decade_ticks(decades: &Range<f64>) -> Vec<Tick> {
    let count = decades.end - decades.start;
    let stride = (count / INTERVALS).ceil().max(1.0);
    let digits: &[f64] = if count <= 3.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let (first, last) = (decades.start.floor() as i32, decades.end.ceil() as i32);
    let exponents = (first..=last).filter(|e| e.rem_euclid(stride as i32) == 0);
    let ticks =
        exponents.flat_map(|exponent| digits.iter().map(move |&digits| Tick { digits, exponent }));
    ticks.filter(|tick| decades.contains(&tick.value().log10())).collect()
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        start + (self.place(*value) * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            return Vec::new(); // no finer grid
        }
        self.ticks.iter().map(|tick| tick.value()).collect()
    }

    fn range(&self) -> Range<f64> {
        self.span.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|tick| tick.value() == *value);
        tick.map_or_else(String::new, |tick| tick.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<String> {
        axis.ticks.iter().map(|tick| tick.text()).collect()
    }

    fn around(values: &[f64]) -> Axis {
        Axis::around(values.iter().copied())
    }

    fn around_positive(values: &[f64]) -> Axis {
        Axis::around_positive(values.iter().copied())
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(texts(&Axis::from_zero(200.0, 1.0)), ["0", "50", "100", "150", "200"]);
        assert_eq!(texts(&Axis::from_zero(2.0, 1.0)), ["0", "1", "2"]);
        assert_eq!(texts(&Axis::from_zero(0.5, 0.0)), ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(
            texts(&around(&[91.7, 92.3])),
            ["91.7", "91.8", "91.9", "92.0", "92.1", "92.2", "92.3"]
        );
        assert_eq!(texts(&around(&[-2e7, 3e7])), ["-2e7", "-1e7", "0", "1e7", "2e7", "3e7"]);
    }

    #[test]
    fn losses_that_differ_much_are_on_a_logarithmic_axis() {
        let axis = around_positive(&[2.3, 0.02, 0.3]);
        assert_eq!(axis.scale, Scale::Log);
        assert_eq!(texts(&axis), ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"]);
        let middle = axis.place((2.3f64 * 0.02).sqrt());
        assert!((middle - 0.5).abs() < 1e-9, "{middle}");
        assert_eq!(
            texts(&around_positive(&[1e-9, 1e9])),
            ["1e-9", "1e-6", "0.001", "1", "1000", "1e6", "1e9"]
        );
        assert_eq!(around_positive(&[2.3, 0.5]).scale, Scale::Linear);
    }

    #[test]
    fn no_values_and_equal_ones_have_an_axis() {
        assert_eq!(around(&[]), around(&[0.0, 1.0]));
        assert_eq!(around_positive(&[]), around(&[0.0, 1.0]));
        assert_eq!(Axis::from_zero(0.0, 1.0), Axis::from_zero(1.0, 1.0));
        for value in [0.0, 2.3, -7.0, LARGEST, 1.0 / LARGEST] {
            let axis = around(&[value; 3]);
            assert_eq!(axis.place(value), 0.5, "{value}");
            assert!((1..10).contains(&axis.ticks.len()), "{axis:?}");
        }
        let widest = around(&[-LARGEST, LARGEST]);
        assert_eq!(texts(&widest).len(), 5);
    }

    #[test]
    fn what_cannot_be_drawn_is_known() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX] {
            assert!(!is_drawable(value) && !is_drawable_in_log(value), "{value}");
        }
        assert!(is_drawable(0.0) && !is_drawable_in_log(0.0));
        assert!(is_drawable(-1.0) && !is_drawable_in_log(-1.0));
        assert!(is_drawable(1.0) && is_drawable_in_log(1.0));
    }
}
