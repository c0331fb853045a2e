//! Plots of a run beside its neighbours: `loss.svg` and `accuracy.svg` in the run's directory.
//!
//! Each has two panels, over the finished epochs and over the time of training, with the training
//! images in solid lines and the test images in dashed ones. The run itself is thick and black. The
//! runs of the same model on the same images that lie in the same parent directory are thin and
//! coloured. The same records give the same bytes.

mod axis;
mod curve;
mod figure;
mod labels;
mod neighbours;
mod panel;
#[cfg(test)]
mod tests;

use curve::Quantity;
use figure::Figure;
use fixtures::run::Record;
use fixtures::write_whole;
use neighbours::Neighbours;
use plotters::drawing::DrawingAreaErrorKind;
use std::io;
use std::path::Path;

/// Name of the file with cross-entropies.
pub const LOSS_FILE: &str = "loss.svg";
/// Name of the file with accuracies, in per cent.
pub const ACCURACY_FILE: &str = "accuracy.svg";

/// Why there is no plot of a run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The run cannot be read, or the plot not written.
    #[error(transparent)]
    File(#[from] fixtures::Error),
    /// The library refuses to draw.
    #[error("cannot be drawn: {0}")]
    Drawing(#[from] DrawingAreaErrorKind<io::Error>),
}

/// Draws both plots of the run in `directory`; without a finished epoch there are none.
///
/// Returns why neighbours are missing in them, if any could not be read.
///
/// # Errors
/// If the run itself cannot be read or the plots cannot be written, never for a neighbour.
pub fn draw(directory: impl AsRef<Path>) -> Result<Vec<fixtures::Error>, Error> {
    let directory = directory.as_ref();
    let this = Record::read(directory)?;
    if this.epochs.is_empty() {
        return Ok(Vec::new());
    }
    let neighbours = Neighbours::collect(directory, &this);
    for (file, quantity) in [(LOSS_FILE, Quantity::Loss), (ACCURACY_FILE, Quantity::Accuracy)] {
        let svg = Figure::new(quantity, &this, &neighbours).svg()?;
        write_whole(directory.join(file), svg.as_bytes())?;
    }
    Ok(neighbours.unreadable)
}
