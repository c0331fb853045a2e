//! What was found, as data, and what is made of it for people and machines.
//!
//! A [`Report`] says everything once, with types. Programs read it as JSON, `adaact.report/1`;
//! [`junit`] and [`badge`] are made from it for tools that show test results, and [`page`] for people.

pub mod badge;
mod document;
pub mod expected;
mod failed;
mod finding;
mod found;
mod identity;
pub mod junit;
mod kinks;
mod looks;
mod named;
pub mod page;
mod point;
mod sentence;
mod suspect;
mod tally;
mod trial;
mod verdict;
mod words;

pub use document::{Report, ReportSchema};
pub use failed::Failed;
pub use finding::Finding;
pub use found::summary;
pub use identity::Identity;
pub use kinks::Kinks;
pub use looks::{Explains, Looks};
pub use named::Named;
pub use point::Point;
pub use suspect::{Suspect, Suspects};
pub use tally::Tally;
pub use trial::Trial;
pub use verdict::{Listed, Verdict};
pub use words::UNKNOWN;
