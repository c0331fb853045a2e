//! Both plots of a run.

use super::curve::Quantity;
use super::error::Error;
use super::figure::Figure;
use super::neighbours::Neighbours;
use fixtures::run::Record;
use fixtures::write_whole;
use std::path::Path;

/// Name of the file with cross-entropies.
pub const LOSS_FILE: &str = "loss.svg";
/// Name of the file with accuracies, in per cent.
pub const ACCURACY_FILE: &str = "accuracy.svg";

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
