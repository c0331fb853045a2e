//! What arrays the parts of a network pass to each other.

use ndarray::{ArcArray, ArrayD, IxDyn};
use std::collections::BTreeMap;

/// Parameters, gradients or buffers by full dotted name, such as `block2.body.conv1.weight`.
pub type TensorMap = BTreeMap<String, ArrayD<f64>>;

/// What flows between layers, `[batch, …]`, row-major; held by all that need it, copied by none.
pub type Activations = ArcArray<f64, IxDyn>;
