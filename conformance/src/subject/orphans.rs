//! Processes that a program started and left behind, also those that left its process group.

use super::children::{ChildProcess, children};
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::process::{self, Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether this process adopts what programs leave behind.
static ADOPTS: AtomicBool = AtomicBool::new(false);

/// The programs that run, with the mark of each. Whatever else is a child of this process was left
/// behind by its parent.
static RUNNING: Mutex<BTreeMap<u32, String>> = Mutex::new(BTreeMap::new());

/// The variable that a program and all that it starts have in their environment, to tell whose they
/// are: this process, and the number of the call.
const MARK: &str = "CONFORMANCE_CALL";

static CALLS: AtomicU64 = AtomicU64::new(0);

/// From now on, what a subject's program leaves behind is a child of this process, and is ended.
///
/// Only for a process that starts no other programs: they would be taken for such.
///
/// # Errors
/// If the system refuses.
pub fn end_orphans() -> io::Result<()> {
    set_child_subreaper(Some(getpid()))?;
    ADOPTS.store(true, Ordering::Relaxed);
    Ok(())
}

/// Starts a program that is no orphan.
pub(super) fn start(command: &mut Command) -> io::Result<Child> {
    let mark = format!("{}-{}", process::id(), CALLS.fetch_add(1, Ordering::Relaxed));
    // Between its start and its entry nobody may look.
    let mut running = running();
    let child = command.env(MARK, &mark).spawn()?;
    running.insert(child.id(), mark);
    Ok(child)
}

/// A program has ended; ends whatever it left behind, and nothing that a running one started.
pub(super) fn ended(program: &Child) {
    let mut running = running();
    running.remove(&program.id());
    if !ADOPTS.load(Ordering::Relaxed) {
        return;
    }
    let marks: BTreeSet<_> = running.values().map(|mark| format!("{MARK}={mark}")).collect();
    // Children of one that is ended become ours, and are found the next time.
    let mut seen = BTreeSet::new();
    loop {
        let is_orphan = |child: &ChildProcess| {
            let mut variables = child.environment.iter().filter_map(|variable| variable.to_str());
            !running.contains_key(&child.pid) && !variables.any(|variable| marks.contains(variable))
        };
        let orphans = children().into_iter().filter(is_orphan).map(|child| child.pid);
        let orphans: Vec<_> = orphans.filter(|pid| seen.insert(*pid)).collect();
        if orphans.is_empty() {
            return;
        }
        orphans.into_iter().for_each(end);
    }
}

fn end(orphan: u32) {
    if let Some(pid) = Pid::from_raw(orphan.cast_signed()) {
        let _ = kill_process(pid, Signal::KILL);
        let _ = waitpid(Some(pid), WaitOptions::empty());
    }
}

/// What a panic of another thread leaves is as good as before.
fn running() -> MutexGuard<'static, BTreeMap<u32, String>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
