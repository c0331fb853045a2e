//! A program as a subject: started in a shell, watched, and its trace read.

use super::failure::{Failure, Kind};
use super::memory::Memory;
use fixtures::{Case, MAX_FILE_BYTES, Trace};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How often a running command is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// How often the memory of a running command is added up, which takes a few milliseconds.
const ADD_UP: Duration = Duration::from_millis(100);

/// Messages of more bytes end a command.
const MAX_MESSAGES: u64 = 64 << 20;

/// So much of the end of a command's messages is told.
const TOLD: u64 = 4 << 10;

/// Set once and for all: running commands are ended and no more are started.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ends all running commands; each, and each that is to be started, then fails with
/// [`Kind::Interrupted`].
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// A shell command that takes the paths of a case and of the trace it must write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What the shell runs, with the two paths as further arguments.
    pub line: String,
    /// What it may take.
    pub limits: Limits,
    /// Where case, trace and messages of every call are kept, as `CASE/PART/…`; nowhere by default.
    pub keep: Option<PathBuf>,
}

/// What one call of a command may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time.
    pub time: Duration,
    /// Resident memory of the command and its children, in bytes.
    pub memory: u64,
}

impl Default for Limits {
    /// A minute and 8 GiB: time for slow imports, room for frameworks that take much at the start.
    fn default() -> Self {
        Self { time: Duration::from_mins(1), memory: 8 << 30 }
    }
}

impl Program {
    /// A command with the default limits, nothing of which is kept.
    pub fn new(line: impl Into<String>) -> Self {
        Self { line: line.into(), limits: Limits::default(), keep: None }
    }

    /// Calls the command and reads the trace that it wrote.
    pub(super) fn trace(&self, case: &Case, part: &str) -> Result<Trace, Failure> {
        let folder = Folder::new(self.keep.as_deref(), case, part).map_err(Failure::here)?;
        case.write(folder.path("case.json")).map_err(Failure::here)?;
        let ended = self.call(&folder);
        let failed = |kind| Failure::new(kind, folder.messages());
        match ended.map_err(Failure::here)? {
            Err(kind) => Err(failed(kind)),
            Ok(status) if status.success() => folder.trace(case).map_err(failed),
            Ok(status) if status.code() == Some(Kind::DECLINES) => {
                Err(failed(Kind::Declines { reason: folder.reason() }))
            }
            Ok(status) => Err(failed(Kind::Crashes { status })),
        }
    }

    /// Runs the command to its end, or to the end of its limits.
    fn call(&self, folder: &Folder) -> io::Result<Result<ExitStatus, Kind>> {
        let child = process::Command::new("sh")
            .args(["-c", &format!("{} \"$@\"", self.line), "sh"])
            .args([folder.path("case.json"), folder.path("trace.json")])
            .stdin(Stdio::null())
            .stdout(File::create(folder.path("stdout.txt"))?)
            .stderr(File::create(folder.path("stderr.txt"))?)
            // Its own, so that all of it can be ended.
            .process_group(0)
            .spawn()?;
        Family(child).wait(self.limits, folder)
    }
}

/// A command with what it has started, ended when this is dropped.
struct Family(Child);

impl Family {
    fn wait(mut self, limits: Limits, folder: &Folder) -> io::Result<Result<ExitStatus, Kind>> {
        let start = Instant::now();
        let (mut memory, mut added_up) = (Memory::new()?, start);
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(Ok(status));
            }
            if INTERRUPTED.load(Ordering::Relaxed) {
                return Ok(Err(Kind::Interrupted));
            }
            if start.elapsed() > limits.time {
                return Ok(Err(Kind::TimesOut { limit: limits.time }));
            }
            if added_up.elapsed() > ADD_UP {
                added_up = Instant::now();
                let taken = memory.of_family(self.0.id());
                if taken > limits.memory {
                    return Ok(Err(Kind::TakesMemory { taken, limit: limits.memory }));
                }
                if let Some((what, limit)) = folder.flooded() {
                    return Ok(Err(Kind::WritesTooMuch { what, limit }));
                }
            }
            thread::sleep(pause);
            pause = (2 * pause).min(LOOK);
        }
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        // Also where the command has ended well: what it left behind would take time from others.
        if let Some(group) = Pid::from_raw(self.0.id().cast_signed()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// Where the files of one call lie.
enum Folder {
    Kept(PathBuf),
    Passing(TempDir),
}

impl Folder {
    fn new(keep: Option<&Path>, case: &Case, part: &str) -> io::Result<Self> {
        let Some(keep) = keep else {
            return tempfile::tempdir().map(Folder::Passing);
        };
        // A name may hold anything but control characters, a folder's name may not.
        let name = case.name.replace(['/', '\\'], "_").replace("..", "_");
        let path = keep.join(name).join(part);
        fs::create_dir_all(&path)?;
        match fs::remove_file(path.join("trace.json")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::canonicalize(path).map(Folder::Kept),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        match self {
            Folder::Kept(path) => path.join(name),
            Folder::Passing(folder) => folder.path().join(name),
        }
    }

    fn trace(&self, case: &Case) -> Result<Trace, Kind> {
        let path = self.path("trace.json");
        if fs::symlink_metadata(&path).is_err() {
            return Err(Kind::WritesNothing);
        }
        Trace::read(&path, case).map_err(|error| {
            // Where the file lay does not matter when it has gone.
            let error = error.to_string().replace(&format!("{}: ", path.display()), "");
            Kind::WritesNoTrace { error }
        })
    }

    /// Which file has grown too large, and how large it may be.
    fn flooded(&self) -> Option<(&'static str, u64)> {
        let size = |name| fs::metadata(self.path(name)).map_or(0, |file| file.len());
        [
            ("trace.json", "trace", MAX_FILE_BYTES),
            ("stderr.txt", "standard error", MAX_MESSAGES),
            ("stdout.txt", "standard output", MAX_MESSAGES),
        ]
        .into_iter()
        .find_map(|(name, what, limit)| (size(name) > limit).then_some((what, limit)))
    }

    /// The end of standard error, or of standard output where that is empty.
    fn messages(&self) -> String {
        let end = self.end("stderr.txt");
        if end.trim().is_empty() { self.end("stdout.txt") } else { end }
    }

    /// The last line of standard error.
    fn reason(&self) -> String {
        let end = self.end("stderr.txt");
        end.trim_end().lines().next_back().unwrap_or("without a word on standard error").to_owned()
    }

    fn end(&self, name: &str) -> String {
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(self.path(name))?;
            let size = file.metadata()?.len();
            file.seek(SeekFrom::Start(size.saturating_sub(TOLD)))?;
            let mut end = Vec::new();
            file.take(TOLD).read_to_end(&mut end)?;
            Ok(end)
        };
        let clean = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
        String::from_utf8_lossy(&read().unwrap_or_default()).chars().map(clean).collect()
    }
}
