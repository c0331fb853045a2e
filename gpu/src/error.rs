//! Everything that can go wrong.

/// Why something was refused. The message names what, and the value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// CUDA was asked for where there is none.
    #[error("device \"cuda\" is not usable here: {reason}")]
    NoCuda {
        /// What is missing.
        reason: String,
    },
    /// TF32 could not be turned off, so float32 would not mean float32.
    #[error("TF32 stays on; is TORCH_ALLOW_TF32_CUBLAS_OVERRIDE set?")]
    Tf32,
    /// A hyperparameter outside its range (S18).
    #[error("{name} is {value}; it must be {range}")]
    Hyperparameter {
        /// Which one.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed, in words.
        range: &'static str,
    },
    /// A layer has a gradient but never saw an input (S15).
    #[error("layer {layer} has a gradient, but its input was never observed")]
    Unobserved {
        /// Its full name.
        layer: String,
    },
    /// A parameter, a buffer or a layer's state that the model has and the data lacks.
    #[error("{name} is missing")]
    Missing {
        /// Its full name.
        name: String,
    },
    /// A parameter, a buffer or a layer's state that the model has no place for.
    #[error("{name}: the model has none")]
    Surplus {
        /// The name as it was given.
        name: String,
    },
    /// A tensor that does not fit the model.
    #[error("{name} has shape {found:?}, the model needs {expected:?}")]
    Shape {
        /// Its full name.
        name: String,
        /// The model's shape.
        expected: Vec<usize>,
        /// The data's shape.
        found: Vec<usize>,
    },
    /// A tensor whose values do not lie row-major, side by side.
    #[error("{name} is not contiguous")]
    Layout {
        /// Its full name.
        name: String,
    },
}
