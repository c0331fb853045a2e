//! Forwards, losses and backwards: a layer's way back stands beside its way forth.

mod activation;
pub mod backward;
mod branch;
mod conv2d;
pub mod forks;
pub mod layers;
mod linear;
mod loss;
mod norm;
pub mod pass;
mod pool;
