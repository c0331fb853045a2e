//! The tests of the judge, as one program: what they all depend on is compiled and linked once.
//!
//! A file is a module, so its name selects its tests: `cargo test -p conformance certified::`.
//! `tightness` alone is a program of its own, since it sets the number of libtorch's threads, which
//! belongs to the process.

mod archive;
mod baselines;
mod bless;
mod certified;
mod cli;
mod corpus;
mod derived;
mod digits;
mod hardening;
mod independence;
mod judging;
mod kinks;
mod large;
mod matrix;
mod mutants;
mod on_demand;
mod paper;
mod plain_tch;
mod port;
mod reports;
mod scenarios;
mod schemas;
mod slow;
mod slow_network;
mod snapshots;
mod spec;
mod subjects;
mod traced;
mod wrong_ports;
