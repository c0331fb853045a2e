//! What one call of a program may use.

use std::time::Duration;

/// What one call of a program may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time.
    pub time: Duration,
    /// Resident memory of the program and its children, in bytes.
    pub memory: u64,
}

impl Default for Limits {
    /// A minute and 8 GiB: time for slow imports, and room for frameworks that allocate much at the
    /// start.
    fn default() -> Self {
        Self { time: Duration::from_mins(1), memory: 8 << 30 }
    }
}
