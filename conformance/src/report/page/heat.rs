//! An error against its bound, as a colour and a word.

use maud::{Markup, html};

/// The colours, from equal to far beyond the bound: a class of the style sheet, up to which
/// multiple of the bound it reaches, and what it means.
const SCALE: [(&str, f64, &str); 7] = [
    ("h0", 0.0, "equal"),
    ("h1", 0.01, "up to 1 % of the bound"),
    ("h2", 0.1, "up to 10 %"),
    ("h3", 0.5, "up to 50 %"),
    ("h4", 1.0, "up to the bound"),
    ("h5", 1e3, "beyond the bound"),
    ("h6", f64::INFINITY, "a thousand times the bound and more"),
];

/// The class of a multiple of the bound.
pub fn class(ratio: f64) -> &'static str {
    let reached = SCALE.iter().find(|(_, limit, _)| ratio <= *limit);
    reached.map_or("h6", |(class, ..)| class)
}

/// `=`, `<1`, `37` (percent of the bound) or `✗`.
pub fn word(ratio: f64) -> String {
    match ratio {
        0.0 => "=".into(),
        r if r < 0.01 => "<1".into(),
        r if r <= 1.0 => format!("{:.0}", 100.0 * r),
        _ => "✗".into(),
    }
}

/// `12 % of its bound`, or `3e5 times its bound`.
pub fn words(ratio: f64) -> String {
    match ratio {
        0.0 => "equal".into(),
        r if r <= 1.0 => format!("{:.2} % of its bound", 100.0 * r),
        r if r.is_finite() => format!("{r:.1e} times its bound"),
        _ => "beyond any bound".into(),
    }
}

/// What the colours mean.
pub fn legend() -> Markup {
    html! {
        ul.legend {
            @for (class, _, meaning) in SCALE { li { span.cell.(class) {} " " (meaning) } }
        }
    }
}
