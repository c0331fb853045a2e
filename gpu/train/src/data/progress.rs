//! Bars on standard error; nothing is drawn where that is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts bytes.
pub(super) fn bytes(what: &str, total: u64) -> ProgressBar {
    bar(what, total, "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left")
}

/// A bar that counts images.
pub(super) fn images(what: &str, total: usize) -> ProgressBar {
    bar(what, total as u64, "{msg} {wide_bar} {pos}/{len} images, {eta} left")
}

fn bar(what: &str, total: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).expect("the templates above are valid");
    ProgressBar::new(total).with_style(style).with_message(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_valid() {
        assert_eq!(bytes("archive", 5).length(), Some(5));
        assert_eq!(images("decoding", 7).length(), Some(7));
    }
}
