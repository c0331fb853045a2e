//! Images on disk, as `train::data` finds, refuses, decodes and keeps them.

mod cache;
mod published;
mod scene;
mod stand_in;
