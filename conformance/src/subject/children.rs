//! The children of this process.

use std::ffi::OsString;
use std::process;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

/// A child of this process.
pub(super) struct ChildProcess {
    pub pid: u32,
    /// Its environment, as `NAME=VALUE`; empty where it has ended already.
    pub environment: Vec<OsString>,
}

/// The processes whose parent this process is, zombies included; none if the system does not tell.
pub(super) fn children() -> Vec<ChildProcess> {
    let Ok(mut system) = System::new() else { return Vec::new() };
    let what = ProcessRefreshKind::nothing().with_environ(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let this = Pid::from_u32(process::id());
    // Threads are listed as children, too.
    let is_child = |p: &&sysinfo::Process| p.thread_kind().is_none() && p.parent() == Some(this);
    let child = |p: &sysinfo::Process| ChildProcess {
        pid: p.pid().as_u32(),
        environment: p.environ().to_vec(),
    };
    system.processes().values().filter(is_child).map(child).collect()
}
