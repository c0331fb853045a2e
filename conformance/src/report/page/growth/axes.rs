//! The axes of a chart of errors: steps, and powers of ten with a place for 0 below them.

use crate::compare::unit_roundoff;
use crate::report::finding::Finding;
use fixtures::{Dtype, Number};
use maud::{Markup, html};

/// The chart in pixels, and the room around it for its axes.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 56.0;
const BOTTOM: f64 = 48.0;
const TOP: f64 = 12.0;

/// The range of powers of ten that is shown: smaller errors are drawn at the lowest, larger ones and
/// NaN at the highest.
const LOWEST: i32 = -19;
const HIGHEST: i32 = 1;

/// The least number of powers of ten that is shown.
const LEAST: i32 = 4;

pub struct Axes {
    low: i32,
    high: i32,
    steps: usize,
}

impl Axes {
    /// For all errors and the unit roundoff of all dtypes.
    pub fn of<'r>(findings: impl Iterator<Item = &'r Finding>) -> Self {
        let mut axes = Self { low: HIGHEST, high: LOWEST, steps: 1 };
        for finding in findings {
            axes.steps = axes.steps.max(finding.steps);
            let unit = unit_roundoff(finding.dtype.unwrap_or(Dtype::Float64));
            let errors = finding.growth.iter().flatten().map(|number| number.0);
            for error in errors.filter(|&error| error != 0.0).chain([unit]) {
                let power = error.log10();
                axes.low = axes.low.min(power.floor() as i32).max(LOWEST);
                axes.high = axes.high.max(power.ceil() as i32).min(HIGHEST);
            }
        }
        axes.high = axes.high.max(axes.low + LEAST);
        axes
    }

    pub fn view(&self) -> String {
        format!("0 0 {WIDTH} {HEIGHT}")
    }

    pub fn draw(&self) -> Markup {
        let middle = round(f64::midpoint(TOP, HEIGHT - BOTTOM));
        html! {
            @for power in (self.low..=self.high).rev().step_by(self.stride()) {
                (self.line(self.y(10_f64.powi(power)), &format!("1e{power}")))
            }
            (self.line(self.y(0.0), "0"))
            @for step in (0..self.steps).step_by(stride(self.steps)) {
                text.tick x=(round(self.x(step))) y=(HEIGHT - BOTTOM + 19.0) text-anchor="middle" { (step) }
            }
            text.tick x=(WIDTH - RIGHT) y=(HEIGHT - 6.0) text-anchor="end" { "step, counted from 0" }
            text.tick x="14" y=(middle) text-anchor="middle" transform={ "rotate(-90 14 " (middle) ")" } {
                "relative error"
            }
        }
    }

    /// A dashed level with its name beside it.
    pub fn level(&self, error: f64, name: &str, class: &str) -> Markup {
        let y = round(self.y(error));
        html! {
            line.unit.(class) x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y) y2=(y) {}
            text.tick x=(WIDTH - RIGHT + 6.0) y=(y + 4.0) { (name) }
        }
    }

    pub fn points(&self, errors: &[Option<Number>]) -> String {
        let point = |(step, error): (usize, &Option<Number>)| {
            error.map(|Number(error)| format!("{},{}", round(self.x(step)), round(self.y(error))))
        };
        errors.iter().enumerate().filter_map(point).collect::<Vec<_>>().join(" ")
    }

    fn line(&self, y: f64, name: &str) -> Markup {
        let y = round(y);
        html! {
            line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y) y2=(y) {}
            text.tick x=(LEFT - 8.0) y=(y + 4.0) text-anchor="end" { (name) }
        }
    }

    fn x(&self, step: usize) -> f64 {
        let last = self.steps.saturating_sub(1).max(1);
        LEFT + (WIDTH - LEFT - RIGHT) * step as f64 / last as f64
    }

    /// The height of an error; 0 is drawn a power below the smallest.
    fn y(&self, error: f64) -> f64 {
        let (bottom, high) = (f64::from(self.low) - 1.0, f64::from(self.high));
        let lowest = if error == 0.0 { bottom } else { f64::from(self.low) };
        let power = error.log10().min(high).max(lowest);
        TOP + (HEIGHT - TOP - BOTTOM) * (high - power) / (high - bottom)
    }

    /// The distance of lines in powers of ten.
    fn stride(&self) -> usize {
        1 + (self.high - self.low) as usize / 9
    }
}

/// The distance of numbered steps: 1, 2, 5, 10, 20, …
fn stride(steps: usize) -> usize {
    let scales = (0..).map(|power| 10_usize.pow(power));
    let mut strides = scales.flat_map(|scale| [scale, 2 * scale, 5 * scale]);
    strides.find(|stride| steps / stride <= 12).expect("some power of ten is large enough")
}

fn round(pixels: f64) -> f64 {
    (10.0 * pixels).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_outside_and_0_is_below_all_else() {
        let axes = Axes { low: -18, high: -14, steps: 8 };
        let heights = [f64::NAN, f64::INFINITY, 1.0, 1e-14, 1e-16, 1e-18, 1e-300, 0.0];
        let heights = heights.map(|error| axes.y(error));
        assert_eq!(heights[..4], [TOP; 4]);
        assert!(heights[3] < heights[4] && heights[4] < heights[5], "{heights:?}");
        assert_eq!(heights[5], heights[6]);
        assert!(heights[6] < heights[7]);
        assert_eq!(heights[7], HEIGHT - BOTTOM);
    }

    #[test]
    fn steps_have_few_and_round_numbers() {
        let strides = [1, 12, 13, 26, 40, 100, 1000].map(stride);
        assert_eq!(strides, [1, 1, 2, 5, 5, 10, 100]);
    }
}
