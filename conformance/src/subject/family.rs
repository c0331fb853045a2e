//! A running program with everything that it starts: watched, and ended at its limits.

use super::failure::Cause;
use super::folder::Folder;
use super::limits::Limits;
use super::memory::Memory;
use super::orphans;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often to look whether the program has ended.
const LOOK: Duration = Duration::from_millis(10);

/// How often to add up the memory of the program, which takes a few milliseconds.
const ADD_UP: Duration = Duration::from_millis(100);

/// Set once and for all: running programs are ended and no more are started.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ends all running programs; each of them, and each that would start later, then fails with
/// [`Cause::Interrupted`].
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// A program and all that it starts, which are ended when this is dropped.
pub struct Family(Child);

impl Family {
    /// Starts a command line in a shell, with the paths of case and trace as further arguments.
    pub fn start(line: &str, folder: &Folder) -> io::Result<Self> {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{line} \"$@\""), "sh"])
            .args([folder.case(), folder.trace()])
            .stdin(Stdio::null())
            .stdout(File::create(folder.standard_output())?)
            .stderr(File::create(folder.standard_error())?)
            // A group of its own, so that all of it can be ended.
            .process_group(0);
        orphans::start(&mut command).map(Self)
    }

    /// Waits until the program ends, or reaches one of its limits.
    pub fn wait(
        mut self,
        limits: Limits,
        folder: &Folder,
    ) -> io::Result<Result<ExitStatus, Cause>> {
        let start = Instant::now();
        let (mut memory, mut added_up) = (Memory::new()?, start);
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(Ok(status));
            }
            if INTERRUPTED.load(Ordering::Relaxed) {
                return Ok(Err(Cause::Interrupted));
            }
            if start.elapsed() > limits.time {
                return Ok(Err(Cause::TimesOut { limit: limits.time }));
            }
            if added_up.elapsed() > ADD_UP {
                added_up = Instant::now();
                let taken = memory.of_family(self.0.id());
                if taken > limits.memory {
                    return Ok(Err(Cause::TakesMemory { taken, limit: limits.memory }));
                }
                if let Some((what, limit)) = folder.flooded() {
                    return Ok(Err(Cause::WritesTooMuch { what, limit }));
                }
            }
            thread::sleep(pause);
            pause = (2 * pause).min(LOOK);
        }
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        // Also after success: children left behind would slow down other programs.
        if let Some(group) = Pid::from_raw(self.0.id().cast_signed()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
        orphans::ended(&self.0);
    }
}
