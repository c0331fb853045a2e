//! The directory of a run, which one process at a time may use.

use anyhow::{Context, Result, bail};
use fixtures::run::{Optim, Settings};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// A locked directory.
pub struct RunDirectory {
    path: PathBuf,
    /// Whether it holds a run to go on with.
    pub holds_run: bool,
    /// Held until the process ends, however it ends.
    _lock: File,
}

impl RunDirectory {
    /// Makes the directory, or takes the one that is there.
    ///
    /// # Errors
    /// If it cannot be written, another process has it, or it holds a run and `resume` is false.
    pub fn open(path: &Path, resume: bool) -> Result<Self> {
        fs::create_dir_all(path)
            .with_context(|| format!("{}: cannot be made; --out names another", path.display()))?;
        let lock = lock(path)?;
        let directory = Self { path: path.to_owned(), holds_run: false, _lock: lock };
        let holds_run = directory.last().try_exists().unwrap_or(true);
        if holds_run && !resume {
            bail!(
                "{}: holds a run of these settings. --resume goes on with it; \
                 --run N or --out DIR begins another",
                path.display()
            );
        }
        directory.sweep();
        Ok(Self { holds_run, ..directory })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last checkpoint.
    pub fn last(&self) -> PathBuf {
        self.path.join("last.safetensors")
    }

    /// The checkpoint of the best test accuracy.
    pub fn best(&self) -> PathBuf {
        self.path.join("best.safetensors")
    }

    /// The state in which the loss was no longer finite.
    pub fn failed(&self) -> PathBuf {
        self.path.join("failed.safetensors")
    }

    /// The lines of epochs.
    pub fn metrics(&self) -> PathBuf {
        self.path.join(fixtures::run::METRICS_FILE)
    }

    /// TensorBoard's events.
    pub fn events(&self) -> PathBuf {
        self.path.join(crate::events::EVENTS_FILE)
    }

    /// Cases and traces of single steps.
    pub fn traces(&self) -> PathBuf {
        self.path.join("traces")
    }

    /// Removes what a killed process was writing.
    fn sweep(&self) {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        for entry in entries {
            if entry.file_name().to_string_lossy().starts_with(".adaact-") {
                let _ = fs::remove_file(entry.path()); // it is in nobody's way
            }
        }
    }
}

fn lock(path: &Path) -> Result<File> {
    let file = path.join("lock");
    let lock = File::create(&file).with_context(|| {
        format!("{}: cannot be written; --out names another directory", file.display())
    })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => bail!(
            "{}: another process trains here; --run N or --out DIR begins another run",
            path.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{}: cannot be locked", file.display()))
        }
    }
}

/// The name of a run's directory: the authors', after the label of the images.
pub fn name(settings: &Settings) -> String {
    let Settings { images, model, optim, lr, momentum, beta1, beta2, eps, .. } = settings;
    let Settings { weight_decay, lr_scheduler, batchsize, epoch, run, .. } = settings;
    let own = match optim {
        Optim::Sgd => format!("momentum{momentum:?}-wdecay{weight_decay:?}"),
        Optim::Adam | Optim::Adamw => {
            format!("betas{beta1:?}-{beta2:?}-wdecay{weight_decay:?}-eps{eps:?}")
        }
        Optim::Adaact => format!("betas{beta1:?}-{beta2:?}-eps{eps:?}-wdecay{weight_decay:?}"),
    };
    let rest = format!("lr_sched{lr_scheduler}-batchsize{batchsize}-epoch{epoch}-run{run}");
    format!("{images}-{model}-{optim}-lr{lr:?}-{own}-{rest}")
}
