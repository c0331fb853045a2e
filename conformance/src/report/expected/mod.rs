//! A list of expected failures: what a subject is known to get wrong, and nothing else.
//!
//! A text file, one failure a line: case, mode, and how it fails, as [`Failing`] words it. A `#`
//! begins a comment; lines of nothing else belong to the entry below, those above the first empty
//! line to the whole list.
//!
//! ```text
//! # What is known of this port.
//!
//! # Grouped convolutions come with the next release.
//! conv-groups free   diverges at mean_square of conv
//! conv-groups forced ends with exit status 1   # a shape error
//! ```
//!
//! The list has to be true: an entry that no longer fails, or fails in another way, is wrong, and so
//! is one that names no case.

mod failing;
mod list;
mod parse;

pub use failing::Failing;
pub use list::{Expected, Untrue};
pub use parse::ListError;
