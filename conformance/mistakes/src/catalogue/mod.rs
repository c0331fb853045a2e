//! What a port can get wrong, one file for each clause: what a mistake makes of the slow copy stands
//! beside what it makes of the port, in arithmetic of their own.

pub mod controls;
pub mod s01_layers;
pub mod s02_forwards;
pub mod s03_mean_square;
pub mod s04_groups;
pub mod s04_patches;
pub mod s05_bias;
pub mod s06_average;
pub mod s07_correction;
pub mod s08_scale;
pub mod s09_gradient;
pub mod s10_momentum;
pub mod s11_update;
pub mod s12_decay;
pub mod s13_plain;
pub mod s14_rates;
pub mod s15_absent;
pub mod s16_rate_zero;
pub mod s17_shared;
pub mod s18_refused;
pub mod s19_skipped;
pub mod s20_state;
mod statistics;
