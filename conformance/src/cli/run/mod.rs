//! `conformance run`: the whole corpus, one line per case, subject and mode.

mod again;
mod command;
mod in_order;
mod list;
mod replays;
mod subjects;
mod summary;

pub use command::Run;
