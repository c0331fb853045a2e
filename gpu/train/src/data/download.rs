//! Fetches an archive, and goes on where an earlier attempt broke off.
//!
//! What has arrived lies in `NAME.part`, locked while a process writes it. Once it is whole and
//! has the published checksum it is renamed to `NAME`.
//!
//! HTTP is `ureq`'s; no library serves for the rest. `trauma` 3.0 (155 packages) appends to a part
//! whatever the server sends, `rhtdl` 0.1 (113) says that it is hardly tested, `fetch-data` 0.2
//! cannot resume; and in none does one process wait for another's download.

mod absent;
mod attempt;
mod fetch;
mod part;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;

pub(super) use absent::absent;
pub(super) use fetch::fetch;
