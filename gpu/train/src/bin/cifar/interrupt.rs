//! Ctrl-C, SIGTERM and SIGHUP: the step is finished and saved; a second one ends at once.

use anyhow::{Context, Result};
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Begins to listen.
pub fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .context("signals cannot be caught")
}

/// Whether to stop after this step.
pub fn is_wanted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
