//! Plots.

/// Temporary.
pub fn draw(_: &std::path::Path) -> Result<Vec<String>, fixtures::Error> {
    Ok(vec![])
}
