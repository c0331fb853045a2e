//! Descriptions of the layers that AdaAct preconditions (S1).

use crate::error::Error;
use crate::tensor::shape;
use tch::Tensor;
use tch::nn::{ConvConfig, ConvConfigND, PaddingMode};

/// A layer that AdaAct preconditions (S1).
///
/// Its parameters are named after it: `NAME.weight`, and `NAME.bias` if it has one. A
/// [`tch::nn::VarStore`] does so for a layer that is made under the path `NAME`.
#[derive(Clone, Debug, PartialEq)]
pub struct Preconditioned {
    /// Full name, such as `block2.conv1`.
    pub name: String,
    /// How it reads its input.
    pub geometry: Geometry,
}

/// How a layer reads its input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Geometry {
    /// Rows of features: `[batch, …, in]`. The weight is `[out, in]`.
    Linear,
    /// Windows of images, `[batch, in, y, x]`, that are padded with zeros.
    ///
    /// The weight is `[out, in/groups, kernel y, kernel x]`; pairs are `[y, x]`.
    Conv2d {
        /// How far the window moves, at least 1.
        stride: [i64; 2],
        /// Rows and columns of zeros on either side.
        padding: [i64; 2],
        /// Distance of a kernel's taps, at least 1.
        dilation: [i64; 2],
        /// Number of groups, a divisor of `in` and `out`.
        groups: i64,
    },
}

impl Preconditioned {
    /// A linear layer, as [`tch::nn::linear`] makes it.
    #[must_use]
    pub fn linear(name: impl Into<String>) -> Self {
        Self { name: name.into(), geometry: Geometry::Linear }
    }

    /// A convolution, as [`tch::nn::conv2d`] or [`tch::nn::conv`] makes it from this configuration,
    /// a [`ConvConfig`] or a `ConvConfigND<[i64; 2]>`.
    ///
    /// # Errors
    /// [`Error::PaddingMode`]: AdaAct is defined for padding with zeros only (S4).
    pub fn conv2d<C>(name: impl Into<String>, config: C) -> Result<Self, Error>
    where
        Geometry: TryFrom<C, Error = Error>,
    {
        Ok(Self { name: name.into(), geometry: config.try_into()? })
    }

    /// The full name of a parameter of this layer, `weight` or `bias`.
    pub(crate) fn parameter(&self, kind: &str) -> String {
        format!("{}.{kind}", self.name)
    }

    /// Refuses a geometry that no layer has, and parameters that do not fit it.
    pub(crate) fn check(&self, weight: &Tensor, bias: Option<&Tensor>) -> Result<(), Error> {
        self.check_weight(weight)?;
        if let Geometry::Conv2d { stride, padding, dilation, groups } = self.geometry {
            self.check_pair("stride", stride, 1)?;
            self.check_pair("padding", padding, 0)?;
            self.check_pair("dilation", dilation, 1)?;
            let outputs = weight.size()[0];
            if groups < 1 || outputs % groups != 0 {
                return Err(Error::Groups { layer: self.name.clone(), groups, outputs });
            }
        }
        let Some(bias) = bias else { return Ok(()) };
        let (expected, found) = (shape(weight)[..1].to_vec(), shape(bias));
        if found != expected {
            return Err(Error::Shape { name: self.parameter("bias"), expected, found });
        }
        same_place(&self.parameter("bias"), weight, bias)
    }

    fn check_weight(&self, weight: &Tensor) -> Result<(), Error> {
        let (name, found) = (self.parameter("weight"), shape(weight));
        let (axes, expected) = match self.geometry {
            Geometry::Linear => (2, "[out, in]"),
            Geometry::Conv2d { .. } => (4, "[out, in/groups, kernel y, kernel x]"),
        };
        if found.len() != axes || found.contains(&0) {
            return Err(Error::Axes { name, expected: expected.to_owned(), found });
        }
        if weight.is_contiguous() { Ok(()) } else { Err(Error::Layout { name }) }
    }

    fn check_pair(&self, field: &'static str, value: [i64; 2], least: i64) -> Result<(), Error> {
        if value.iter().all(|&extent| extent >= least) {
            return Ok(());
        }
        Err(Error::Geometry { layer: self.name.clone(), field, value, least })
    }

    /// Refuses an input that a layer with this weight cannot read.
    pub(crate) fn check_input(&self, weight: &Tensor, input: &Tensor) -> Result<(), Error> {
        let name = format!("input of {}", self.name);
        let (weight_size, size) = (weight.size(), input.size());
        let (expected, fits) = match self.geometry {
            Geometry::Linear => {
                let features = weight_size[1];
                let fits = size.len() >= 2 && size.last() == Some(&features);
                (format!("[batch, …, {features}]"), fits)
            }
            Geometry::Conv2d { padding, dilation, groups, .. } => {
                let channels = weight_size[1] * groups;
                // The smallest image into which one window fits.
                let [y, x] = [0, 1].map(|axis| {
                    let reach = dilation[axis] * (weight_size[2 + axis] - 1);
                    (reach + 1 - 2 * padding[axis]).max(1)
                });
                let fits = matches!(size[..], [_, c, h, w] if c == channels && h >= y && w >= x);
                (format!("[batch, {channels}, y ≥ {y}, x ≥ {x}]"), fits)
            }
        };
        if !fits || size.contains(&0) {
            return Err(Error::Axes { name, expected, found: shape(input) });
        }
        same_place(&name, weight, input)
    }
}

/// Refuses a tensor of another dtype, or on another device, than the layer's weight.
fn same_place(name: &str, weight: &Tensor, tensor: &Tensor) -> Result<(), Error> {
    let place = |tensor: &Tensor| (tensor.kind(), tensor.device());
    let (expected, found) = (place(weight), place(tensor));
    if found == expected {
        return Ok(());
    }
    Err(Error::Place { name: name.to_owned(), expected, found })
}

impl Geometry {
    /// Number of groups, 1 for a linear layer.
    pub(crate) fn groups(&self) -> i64 {
        match *self {
            Self::Linear => 1,
            Self::Conv2d { groups, .. } => groups,
        }
    }
}

impl TryFrom<ConvConfig> for Geometry {
    type Error = Error;

    fn try_from(config: ConvConfig) -> Result<Self, Error> {
        windows(config, |extent| [extent; 2])
    }
}

impl TryFrom<ConvConfigND<[i64; 2]>> for Geometry {
    type Error = Error;

    fn try_from(config: ConvConfigND<[i64; 2]>) -> Result<Self, Error> {
        windows(config, |pair| pair)
    }
}

/// A convolution's geometry from its configuration, with `pair` for its `[y, x]`.
fn windows<N>(config: ConvConfigND<N>, pair: impl Fn(N) -> [i64; 2]) -> Result<Geometry, Error> {
    let ConvConfigND { stride, padding, dilation, groups, padding_mode, .. } = config;
    let PaddingMode::Zeros = padding_mode else {
        return Err(Error::PaddingMode { mode: padding_mode });
    };
    let (stride, padding, dilation) = (pair(stride), pair(padding), pair(dilation));
    Ok(Geometry::Conv2d { stride, padding, dilation, groups })
}
