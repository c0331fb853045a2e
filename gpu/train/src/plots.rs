//! Plots of a run beside its neighbours: `loss.svg` and `accuracy.svg` in the run's directory.
//!
//! Each has two panels, over the finished epochs and over the time of training, with the training
//! images in solid lines and the test images in dashed ones. The run itself is thick and black. The
//! runs of the same model on the same images that lie in the same parent directory are thin and
//! coloured. The same records give the same bytes.

//!
//! `plotters` draws. Here is what it leaves to do: ticks (its logarithmic axis has none below the
//! first power of ten), gaps where a loss is not finite, a legend beside the panels. `poloto` 19 has
//! no logarithmic axis, and `charming` 0.6 makes an SVG only through a JavaScript engine.

mod axis;
mod curve;
mod draw;
mod error;
mod figure;
mod labels;
mod neighbours;
mod panel;
mod style;
#[cfg(test)]
mod tests;

pub use draw::{ACCURACY_FILE, LOSS_FILE, draw};
pub use error::Error;
