//! What the optimizer knows of a layer: from gradients by name to one matrix, and back.

use super::error::Error;
use crate::TensorMap;
use ndarray::{Array2, ArrayD, ArrayView2, Axis, Slice};
use std::collections::BTreeMap;

/// A preconditioned layer as the optimizer sees it (S1).
///
/// Its parameters are `{name}.weight` and, with a bias, `{name}.bias`. Both are trained: a layer
/// whose weight is frozen is not listed, so that its bias is a plain parameter (S13, S15); one
/// whose bias is frozen is listed without a bias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerShape {
    /// Full dotted name.
    pub name: String,
    /// Rows of `G`, `M` and `U`: the layer's outputs.
    pub out: usize,
    /// Columns of `G`, `M` and `U`: the inputs of one output, and 1 for a bias (S5, S9).
    pub columns: usize,
    /// Groups of a convolution; 1 for a linear layer.
    pub groups: usize,
    /// Whether there is a bias.
    pub bias: bool,
}

/// `G`, `[out, columns]`: a weight's gradient `[out, …]` as a matrix, and the bias's gradient
/// `[out]` as one more column (S9).
///
/// # Panics
/// If the weight has no axis, or the bias is not as long as its first.
#[must_use]
pub fn gradient_matrix(weight: &ArrayD<f64>, bias: Option<&ArrayD<f64>>) -> Array2<f64> {
    let out = weight.shape()[0];
    let inputs = weight.len() / out;
    let mut g = Array2::zeros((out, inputs + usize::from(bias.is_some())));
    // [out, in, ky, kx] → [out, in·ky·kx]
    let weight = weight.to_shape((out, inputs)).expect("as many values");
    g.slice_axis_mut(Axis(1), Slice::from(..inputs)).assign(&weight);
    if let Some(bias) = bias {
        g.column_mut(inputs).assign(&bias.to_shape(out).expect("one bias per output"));
    }
    g
}

impl LayerShape {
    /// `G`, if the layer has a gradient (S9, S15).
    pub(crate) fn gradient_matrix(
        &self,
        gradients: &TensorMap,
    ) -> Result<Option<Array2<f64>>, Error> {
        let (weight, bias) = (self.weight(), self.bias());
        let half = |missing: &String| Error::HalfGradient {
            layer: self.name.clone(),
            missing: missing.clone(),
        };
        let of_weight = gradients.get(&weight);
        let of_bias = bias.as_ref().and_then(|bias| gradients.get(bias));
        let g = match (of_weight, of_bias) {
            (None, None) => return Ok(None), // S15
            (None, Some(_)) => return Err(half(&weight)),
            (Some(of_weight), of_bias) => {
                if let (Some(bias), None) = (&bias, of_bias) {
                    return Err(half(bias));
                }
                self.check_gradients(of_weight, of_bias)?;
                gradient_matrix(of_weight, of_bias)
            }
        };
        Ok(Some(g))
    }

    fn check_gradients(
        &self,
        weight: &ArrayD<f64>,
        bias: Option<&ArrayD<f64>>,
    ) -> Result<(), Error> {
        let inputs = self.columns - usize::from(self.bias);
        if weight.shape().first() != Some(&self.out) || weight.len() != self.out * inputs {
            return Err(Error::shape(self.weight(), &[self.out, inputs], weight.shape()));
        }
        match bias {
            Some(bias) if bias.shape() != [self.out] => {
                Err(Error::shape(format!("{}.bias", self.name), &[self.out], bias.shape()))
            }
            _ => Ok(()),
        }
    }

    /// The reverse of [`gradient_matrix`]: the parts of `U` `[out, columns]` in the shapes of the
    /// parameters that they update.
    pub(crate) fn split(
        &self,
        u: &ArrayView2<f64>,
        parameters: &TensorMap,
        updates: &mut TensorMap,
    ) {
        let inputs = self.columns - usize::from(self.bias);
        let (weight, bias) = (self.weight(), self.bias());
        // [out, in·ky·kx] → [out, in, ky, kx]
        let of_weight = u.slice_axis(Axis(1), Slice::from(..inputs));
        let of_weight = of_weight.to_shape(parameters[&weight].shape()).expect("as many values");
        updates.insert(weight, of_weight.into_owned());
        if let Some(bias) = bias {
            updates.insert(bias, u.column(inputs).to_owned().into_dyn());
        }
    }

    fn weight(&self) -> String {
        format!("{}.weight", self.name)
    }

    fn bias(&self) -> Option<String> {
        self.bias.then(|| format!("{}.bias", self.name))
    }
}

/// What `new` makes of every layer, by name, if the layers can be.
pub(crate) fn by_name<L>(
    layers: Vec<LayerShape>,
    new: impl Fn(LayerShape) -> L,
) -> Result<BTreeMap<String, L>, Error> {
    let mut found = BTreeMap::new();
    for shape in layers {
        let LayerShape { name, out, columns, groups, bias } = shape.clone();
        if columns <= usize::from(bias) || groups == 0 || !out.is_multiple_of(groups) {
            return Err(Error::Layer { layer: name, out, columns, groups });
        }
        if found.insert(name.clone(), new(shape)).is_some() {
            return Err(Error::RepeatedLayer { layer: name });
        }
    }
    Ok(found)
}
