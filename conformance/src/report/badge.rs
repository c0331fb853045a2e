//! A report as a badge: an SVG of two words, with no font and no image from elsewhere.

use super::document::Report;
use maud::html;

/// The height in pixels, and that of a line of text above the bottom.
const HEIGHT: usize = 20;
const BASE: usize = 14;

/// The width of a letter of 11 pixels in the fonts that the badge asks for, rounded up.
const LETTER: usize = 7;

/// `AdaAct 174 of 174 · corpus 1.0.0 3f2a9c1`, green if nothing fails but what is expected to fail.
#[must_use]
pub fn render(report: &Report) -> String {
    let tally = report.tally();
    let left = format!("AdaAct {} of {}", tally.conform, tally.judged());
    let right = format!("corpus {} {}", report.corpus.version, &report.corpus.short()[..7]);
    let [left_width, right_width] = [&left, &right].map(|text| LETTER * text.chars().count() + 12);
    let width = left_width + right_width;
    let colour = if report.passes() { "#1a7f37" } else { "#c62828" };
    let declined = match tally.decline {
        0 => String::new(),
        count => format!(", {count} declined"),
    };
    let title = format!("{left} replays conform{declined}; {}", report.corpus);
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(HEIGHT) role="img"
            aria-label=(title) {
            title { (title) }
            rect width=(width) height=(HEIGHT) rx="3" fill="#444c56" {}
            path fill=(colour) d={ "M0 3a3 3 0 0 1 3-3h" (left_width - 3) "v" (HEIGHT) "H3a3 3 0 0 1-3-3z" } {}
            g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"
                text-anchor="middle" {
                text x=(left_width / 2) y=(BASE) textLength=(left_width - 12) { (left) }
                text x=(left_width + right_width / 2) y=(BASE) textLength=(right_width - 12) { (right) }
            }
        }
    };
    svg.into_string() + "\n"
}
