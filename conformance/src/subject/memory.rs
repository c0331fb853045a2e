//! How much memory a process and its children hold.

use std::collections::BTreeSet;
use std::io;
use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System};

/// Looks at processes again and again.
pub struct Memory(System);

impl Memory {
    /// Nothing looked at so far.
    ///
    /// # Errors
    /// If this system does not tell.
    pub fn new() -> io::Result<Self> {
        System::new().map(Self).map_err(io::Error::other)
    }

    /// The resident memory of a process and all its descendants in bytes, as it is now.
    ///
    /// Pages that they share are counted once for each.
    pub fn of_family(&mut self, root: u32) -> u64 {
        let what = ProcessRefreshKind::nothing().with_memory();
        self.0.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        let processes = self.0.processes();
        let mut family = BTreeSet::from([Pid::from_u32(root)]);
        let joins = |family: &BTreeSet<Pid>, process: &Process| {
            // Threads are listed as children, with their process's memory.
            process.thread_kind().is_none()
                && process.parent().is_some_and(|parent| family.contains(&parent))
        };
        loop {
            let before = family.len();
            let joining: Vec<_> =
                processes.values().filter(|p| joins(&family, p)).map(Process::pid).collect();
            family.extend(joining);
            if family.len() == before {
                break;
            }
        }
        family.iter().filter_map(|pid| processes.get(pid)).map(Process::memory).sum()
    }
}
