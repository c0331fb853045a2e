//! Where a result comes from: the machine and the commit.

use super::device::Device;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The first CUDA device as its driver names it, or the processor with the number of its cores.
#[must_use]
pub fn machine(device: Device) -> String {
    match device {
        Device::Cpu => {
            let model = field(Path::new("/proc/cpuinfo"), "model name");
            let model = model.unwrap_or_else(|| "processor".to_owned());
            let cores = std::thread::available_parallelism().map_or(0, usize::from);
            format!("{model}, {cores} cores")
        }
        Device::Cuda => {
            let folders = fs::read_dir("/proc/driver/nvidia/gpus").into_iter().flatten().flatten();
            let mut files: Vec<_> = folders.map(|gpu| gpu.path().join("information")).collect();
            files.sort();
            let model = files.iter().find_map(|file| field(file, "Model"));
            model.unwrap_or_else(|| "CUDA device".to_owned())
        }
    }
}

/// The value of the first line `KEY: VALUE` of a file.
fn field(file: &Path, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.split_once(':'));
    value.map(|(_, value)| value.trim().to_owned())
}

/// The commit of this program: `ADAACT_COMMIT` when it was built, or that of the checkout which it
/// was built in, marked if that was changed since; else `unknown`.
#[must_use]
pub fn commit() -> String {
    if let Some(commit) = option_env!("ADAACT_COMMIT") {
        return commit.to_owned();
    }
    let mut git = Command::new("git");
    let git = git.args(["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty"]);
    let output = git.output().ok().filter(|output| output.status.success());
    let text = output.and_then(|output| String::from_utf8(output.stdout).ok());
    text.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}
