//! A report as one page for people: no script, and nothing from elsewhere.

mod anchor;
mod card;
mod clauses;
mod declined;
mod example;
mod failures;
mod group;
mod growth;
mod headline;
mod heat;
mod matrix;
mod point;
mod reading;
mod steps;
mod trials;
mod whole;
mod words;

pub use whole::render;
