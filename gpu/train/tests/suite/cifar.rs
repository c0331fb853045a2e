//! The program `cifar`, as its users meet it: real processes, real files, real signals.

mod activations;
mod authors;
mod killed;
mod program;
mod refused;
mod resumed;
