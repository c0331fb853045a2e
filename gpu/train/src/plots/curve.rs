//! What there is to draw of a run.

use super::axis::{is_drawable, is_drawable_in_log};
use super::labels::Label;
use fixtures::run::{Epoch, Record};
use plotters::style::RGBColor;

/// What a plot shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Quantity {
    Loss,
    Accuracy,
}

/// Of which images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Images {
    Train,
    Test,
}

/// What a panel has from left to right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Progress {
    /// Finished epochs.
    Epochs,
    /// Seconds of training in all epochs up to this one.
    Seconds,
}

/// Progress, and the quantity then.
pub(super) type Point = (f64, f64);

/// A run as it is drawn.
pub(super) struct Curve<'r> {
    pub record: &'r Record,
    pub label: Label,
    pub colour: RGBColor,
    /// Units of the drawing.
    pub width: i32,
}

impl Quantity {
    fn value(self, images: Images, epoch: &Epoch) -> f64 {
        match (self, images) {
            (Quantity::Loss, Images::Train) => epoch.train_loss,
            (Quantity::Loss, Images::Test) => epoch.test_loss,
            (Quantity::Accuracy, Images::Train) => epoch.train_accuracy,
            (Quantity::Accuracy, Images::Test) => epoch.test_accuracy,
        }
    }

    fn is_drawable(self, value: f64) -> bool {
        match self {
            Quantity::Loss => is_drawable_in_log(value),
            Quantity::Accuracy => is_drawable(value),
        }
    }
}

impl Curve<'_> {
    /// The line, in pieces: what cannot be drawn, such as NaN, interrupts it.
    pub fn pieces(
        &self,
        quantity: Quantity,
        images: Images,
        progress: Progress,
    ) -> Vec<Vec<Point>> {
        let mut seconds = 0.0;
        let point = |epoch: &Epoch| {
            seconds += epoch.train_seconds;
            let x = match progress {
                Progress::Epochs => epoch.epoch as f64 + 1.0,
                Progress::Seconds => seconds,
            };
            (x, quantity.value(images, epoch))
        };
        let points: Vec<Point> = self.record.epochs.iter().map(point).collect();
        let drawable = |&(x, y): &Point| is_drawable(x) && x >= 0.0 && quantity.is_drawable(y);
        let pieces = points.split(|point| !drawable(point)).filter(|piece| !piece.is_empty());
        pieces.map(<[Point]>::to_vec).collect()
    }
}
