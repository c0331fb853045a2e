//! What a port can get wrong: a file for each clause of the specification.
//!
//! A [`Mistake`] has its name, its clause and its words beside what it makes of two copies of the
//! definition: the slow copy ([`slow`]), to know what a trace with the mistake looks like, and a
//! [`port`] on libtorch, to see whether such a trace is recognised. The two share no arithmetic.
#![forbid(unsafe_code)]

mod all;
mod catalogue;
mod mistake;
#[cfg(feature = "tch")]
pub mod port;

pub use all::{all, named};
pub use mistake::{Kind, Mistake};
