//! Makes, names, packs and describes the cases.

pub mod archive;
pub mod generate;
pub mod manifest;
pub mod schemas;
