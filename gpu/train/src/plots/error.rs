//! What can go wrong with a plot.

use plotters::drawing::DrawingAreaErrorKind;
use std::io;

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
