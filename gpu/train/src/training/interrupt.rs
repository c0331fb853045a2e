//! Ctrl-C, SIGTERM and SIGHUP: the update is finished and saved; a second one ends at once.

use anyhow::{Context, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a signal has come.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Begins to listen for signals, of which a process has one listener; one that is made by
    /// `default` hears none.
    ///
    /// # Errors
    /// If there is a listener, or the system refuses.
    pub fn listen() -> Result<Self> {
        let interrupt = Self::default();
        let heard = interrupt.clone();
        ctrlc::set_handler(move || {
            if heard.0.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        })
        .context("signals cannot be caught")?;
        Ok(interrupt)
    }

    /// Whether to stop after this update.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
