//! Claims judged by runs that nobody made: every verdict on every claim, and what must never become
//! one.

mod file;
mod judging;
mod plan;
mod printed;
mod scope;
mod synthetic;
mod verdicts;
