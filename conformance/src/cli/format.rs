//! The formats in which commands print.

use clap::ValueEnum;

/// How to print the result.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs, on one line.
    Json,
}
