//! The library as its users meet it, and the program `cifar`.

mod cifar;
mod data;
mod generator;
mod initial;
mod stream;
mod weights;
