//! The learning rate over the epochs.

use fixtures::run::{Schedule, Settings};
use std::f64::consts::PI;

/// Epochs at which `multistep` takes a tenth.
const MILESTONES: [u64; 3] = [50, 100, 150];

/// The rate of an epoch, from 0 on; moved once per epoch.
///
/// Cosine: `η·(1 + cos(π·e/E))/2`. PyTorch's scheduler computes it from the rate before, which
/// differs in the last digits.
pub fn rate(settings: &Settings, epoch: u64) -> f64 {
    let Settings { lr, lr_scheduler, epoch: epochs, .. } = *settings;
    match lr_scheduler {
        Schedule::Cosine => lr * (1.0 + (PI * epoch as f64 / epochs as f64).cos()) / 2.0,
        Schedule::Multistep => {
            let passed = MILESTONES.iter().filter(|&&milestone| epoch >= milestone).count();
            lr * 0.1_f64.powi(passed as i32)
        }
    }
}
