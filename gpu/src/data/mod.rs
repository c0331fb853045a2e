//! Placeholder until the data branch is merged.
/// Labelled images.
pub struct Images {
    /// [n, 3, 32, 32]
    pub pixels: Vec<u8>,
    /// [n]
    pub classes: Vec<u8>,
}
