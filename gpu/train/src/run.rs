//! What a run leaves on the disk: a directory that one process at a time uses, with checkpoints and
//! files that grow in step with them.

pub mod checkpoint;
pub mod directory;
pub mod header;
pub mod lines;
pub mod logs;
pub mod position;
pub mod settings;
