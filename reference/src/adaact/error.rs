//! What an optimizer refuses.

/// A reason why an optimizer was not made or a step not taken. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A hyperparameter outside its range (S18).
    #[error("`{name}` is {value}; it must be {valid}")]
    Hyperparameter {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        valid: &'static str,
    },
    /// A parameter's learning rate or weight decay is negative or not finite (S18).
    #[error("`{rate}` of parameter `{parameter}` is {value}; it must be finite and at least 0")]
    Rate {
        /// The parameter's full name.
        parameter: String,
        /// Which rate.
        rate: &'static str,
        /// Its value.
        value: f64,
    },
    /// A layer has no inputs, or its groups do not divide its outputs.
    #[error("layer `{layer}` cannot have {out} outputs of {columns} columns in {groups} groups")]
    Layer {
        /// The layer's full name.
        layer: String,
        /// Its outputs.
        out: usize,
        /// Its columns, with that of a bias.
        columns: usize,
        /// Its groups.
        groups: usize,
    },
    /// Two layers of the same name.
    #[error("layer `{layer}` comes twice")]
    RepeatedLayer {
        /// The layer's full name.
        layer: String,
    },
    /// A layer has a gradient, but was never observed: `1/ε` would scale all of it (S15).
    #[error("layer `{layer}` has a gradient, but no training forward has shown its input")]
    NeverObserved {
        /// The layer's full name.
        layer: String,
    },
    /// A layer has a gradient for its weight and none for its bias, or the reverse (S9).
    #[error("layer `{layer}` has a gradient, but none for its parameter `{missing}`")]
    HalfGradient {
        /// The layer's full name.
        layer: String,
        /// The full name of the parameter without a gradient.
        missing: String,
    },
    /// A gradient of a parameter that does not exist.
    #[error("a gradient is named `{parameter}`, but no parameter is")]
    UnknownParameter {
        /// The gradient's name.
        parameter: String,
    },
    /// A tensor of another shape than its layer or parameter asks for.
    #[error("`{tensor}` has shape {got:?}; {expected:?} was expected")]
    Shape {
        /// The tensor's full name.
        tensor: String,
        /// The shape that was expected.
        expected: Vec<usize>,
        /// The shape that it has.
        got: Vec<usize>,
    },
    /// A state holds a layer that the optimizer does not have.
    #[error("the state holds layer `{layer}`, which the optimizer does not have")]
    UnknownLayer {
        /// The layer's full name.
        layer: String,
    },
    /// A state holds averages of a layer, but no step was taken.
    #[error("the state holds averages of layer `{layer}` at step 0")]
    UntimelyLayer {
        /// The layer's full name.
        layer: String,
    },
    /// A state after the first step lacks a layer.
    #[error("the state lacks layer `{layer}`")]
    MissingLayer {
        /// The layer's full name.
        layer: String,
    },
}

impl Error {
    /// Refuses a hyperparameter unless it is `valid`.
    pub(crate) fn unless(
        is_valid: bool,
        name: &'static str,
        value: f64,
        valid: &'static str,
    ) -> Result<(), Self> {
        if is_valid { Ok(()) } else { Err(Self::Hyperparameter { name, value, valid }) }
    }

    pub(crate) fn shape(tensor: String, expected: &[usize], got: &[usize]) -> Self {
        Self::Shape { tensor, expected: expected.to_vec(), got: got.to_vec() }
    }
}
