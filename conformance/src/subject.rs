//! Whoever computes traces: the two engines, or any program.

use anyhow::{Context, Result, anyhow, ensure};
#[cfg(feature = "tch")]
use fixtures::Dtype;
use fixtures::{Case, Trace};
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A device that an engine may compute on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// The first CUDA device.
    Cuda,
}

/// An implementation that turns a case into a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The pure-ndarray reference, float64 on the processor.
    Reference,
    /// The engine on libtorch.
    #[cfg(feature = "tch")]
    Tch {
        /// What it computes in.
        dtype: Dtype,
        /// Where it computes.
        device: Device,
    },
    /// A shell command, called with the path of a case and of the trace it must write.
    Command(String),
}

impl Subject {
    /// Computes the trace of a case.
    ///
    /// # Errors
    /// If the subject fails, or what a command wrote is no trace of this case.
    pub fn trace(&self, case: &Case) -> Result<Trace> {
        match self {
            Subject::Reference => Ok(reference::trace(case)?),
            #[cfg(feature = "tch")]
            Subject::Tch { dtype, device } => {
                let device = match device {
                    Device::Cpu => gpu::Device::Cpu,
                    Device::Cuda => gpu::Device::Cuda,
                };
                Ok(gpu::trace(case, gpu::Options { dtype: *dtype, device })?)
            }
            Subject::Command(command) => run_command(command, case),
        }
    }
}

/// `reference`, `tch float32`, or the command.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Subject::Reference => f.write_str("reference"),
            #[cfg(feature = "tch")]
            Subject::Tch { device: Device::Cpu, .. } => f.write_str("tch"),
            #[cfg(feature = "tch")]
            Subject::Tch { device: Device::Cuda, .. } => f.write_str("tch cuda"),
            Subject::Command(command) => f.write_str(command),
        }
    }
}

/// Runs `COMMAND case.json trace.json` as a shell does, and reads the trace.
fn run_command(command: &str, case: &Case) -> Result<Trace> {
    let folder = tempfile::tempdir().context("a folder for the case and the trace")?;
    let [case_path, trace_path] = ["case.json", "trace.json"].map(|name| folder.path().join(name));
    case.write(&case_path)?;
    let output = Command::new("sh")
        .args(["-c", &format!("{command} \"$@\""), "sh"])
        .args([&case_path, &trace_path])
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run `{command}`"))?;
    ensure!(
        output.status.success(),
        "`{command}` ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    read_trace(&trace_path, case)
        .map_err(|error| anyhow!("`{command}` wrote no trace of the case: {error:#}"))
}

fn read_trace(path: &Path, case: &Case) -> Result<Trace> {
    Ok(Trace::read(path, case)?)
}
