//! What one forward pass is made from.

use tch::Tensor;

/// Images with their classes, normalised.
pub struct Batch {
    /// `[batch, channels, height, width]`
    pub images: Tensor,
    /// Class ids, `[batch]`.
    pub classes: Tensor,
}
