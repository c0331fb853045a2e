//! The tests of the reference, as one program. A file is a module, so its name selects its tests:
//! `cargo test -p reference laws::`.

mod common;
mod convolutions;
mod gradients;
mod laws;
mod statistic;
mod threads;
