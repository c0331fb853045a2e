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
    /// An input of a layer that was not described.
    #[error("layer {layer} was never described to the optimizer")]
    Undescribed {
        /// The name as it was given.
        layer: String,
    },
    /// Two layers, or two parameters, of one name.
    #[error("the name {name} is given twice")]
    Duplicate {
        /// Their name.
        name: String,
    },
    /// Two parameters that are one tensor, which a step would change twice.
    #[error("{first} and {second} are the same tensor")]
    SameTensor {
        /// One name of it.
        first: String,
        /// The other one.
        second: String,
    },
    /// A trained parameter that gets no gradient.
    #[error("{name} is computed from other tensors, and only a leaf gets a gradient")]
    NoLeaf {
        /// Its full name.
        name: String,
    },
    /// A trained parameter of a dtype that nothing is computed in.
    #[error("{name} is {found:?}; it must be Float or Double")]
    Dtype {
        /// Its full name.
        name: String,
        /// Its dtype, as tch calls it.
        found: tch::Kind,
    },
    /// A convolution's stride, padding or dilation that no convolution has.
    #[error("{field} of layer {layer} is {value:?}; each must be at least {least}")]
    Geometry {
        /// The layer's full name.
        layer: String,
        /// Which one.
        field: &'static str,
        /// Along y and x.
        value: [i64; 2],
        /// The least that is allowed.
        least: i64,
    },
    /// Groups into which a layer's outputs cannot be divided.
    #[error("layer {layer}: {groups} groups do not divide its {outputs} outputs")]
    Groups {
        /// The layer's full name.
        layer: String,
        /// How many groups.
        groups: i64,
        /// How many outputs.
        outputs: i64,
    },
    /// A convolution that pads with something other than zeros (S4).
    #[error(
        "padding mode {mode:?} is not supported: pad the input first, and describe a padding of 0"
    )]
    PaddingMode {
        /// As tch calls it.
        mode: tch::nn::PaddingMode,
    },
    /// A weight, or an input, whose axes do not fit the kind of the layer.
    #[error("{name} has shape {found:?}, the layer needs {expected}")]
    Axes {
        /// What it is.
        name: String,
        /// The layer's axes, in words.
        expected: String,
        /// The shape that was given.
        found: Vec<usize>,
    },
    /// A bias, or an input, of another dtype or on another device than the layer's weight.
    #[error("{name} is {found:?}, the layer's weight is {expected:?}")]
    Place {
        /// What it is.
        name: String,
        /// The weight's dtype and device.
        expected: (tch::Kind, tch::Device),
        /// Those that were given.
        found: (tch::Kind, tch::Device),
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
