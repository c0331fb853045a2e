//! The command line: arguments in, one exit status out.

mod arguments;
mod bless;
mod case;
mod check;
mod corpus;
mod digits;
mod exit;
mod explain;
mod format;
mod line;
mod looks;
mod matrix;
mod mutants;
mod paper;
mod progress;
mod reports;
mod run;
mod scenarios;
mod style;
mod tightness;
mod trace;
mod verdict;

pub use arguments::run;
