//! Units, lines and letters of a drawing.

use plotters::coord::Shift;
use plotters::prelude::*;

/// A part of a drawing.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Units of the drawing in a pixel. The library draws in whole units; in pixels, gentle slopes
/// would have steps.
pub(super) const FINE: i32 = 8;
/// Dash and gap of test images, in units.
pub(super) const DASH: (i32, i32) = (5 * FINE, 3 * FINE);
/// A thin line, in units.
pub(super) const THIN: i32 = FINE;

/// A line of so many units.
pub(super) fn stroke(colour: RGBColor, width: i32) -> ShapeStyle {
    colour.stroke_width(width as u32)
}

/// Letters of so many pixels.
pub(super) fn text(size: i32, colour: &RGBColor) -> TextStyle<'static> {
    // The backend divides sizes by 1.24.
    ("sans-serif", f64::from(size * FINE) * 1.24).into_font().color(colour)
}
