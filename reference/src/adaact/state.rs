//! The optimizer's state: read, saved and restored (S20).

use super::{AdaAct, Error, Hyperparameters, Layer, LayerShape, Observation};
use crate::convert::{to_array, to_tensor};
use fixtures::{LayerState, State};
use ndarray::{Array1, ArrayView1};

impl AdaAct {
    /// `t`, the number of completed steps.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.t
    }

    /// The preconditioned layers by name.
    pub fn layers(&self) -> impl Iterator<Item = &LayerShape> {
        self.layers.values().map(|layer| &layer.shape)
    }

    /// `V` of a layer as it is now, `[groups · columns]`.
    ///
    /// # Panics
    /// If the optimizer does not have the layer.
    #[must_use]
    pub fn ema(&self, layer: &str) -> ArrayView1<'_, f64> {
        self.layers[layer].v.view()
    }

    /// `t`, and `V` and `M` of every layer (S20); before the first step, `t = 0` alone, since the
    /// next observation would reset `V` anyway (S6).
    #[must_use]
    pub fn state(&self) -> State {
        if self.t == 0 {
            return State::default();
        }
        let layers = self.layers.iter().map(|(name, layer)| {
            let state = LayerState { ema: layer.v.to_vec(), momentum: to_tensor(&layer.m) };
            (name.clone(), state)
        });
        State { step: self.t, layers: layers.collect() }
    }

    /// The optimizer that [`AdaAct::state`] was taken from, to the bit (S20).
    ///
    /// A layer whose `V` is 0 throughout counts as never observed.
    ///
    /// # Errors
    /// As [`AdaAct::new`]; if the state lacks a layer, has one too many, holds averages of
    /// another shape, or any at `t = 0`.
    pub fn restore(
        hyperparameters: Hyperparameters,
        layers: Vec<LayerShape>,
        state: &State,
    ) -> Result<Self, Error> {
        let mut adaact = Self::new(hyperparameters, layers)?;
        adaact.t = state.step;
        for (name, averages) in &state.layers {
            match adaact.layers.get_mut(name) {
                None => return Err(Error::UnknownLayer { layer: name.clone() }),
                Some(_) if state.step == 0 => {
                    return Err(Error::UntimelyLayer { layer: name.clone() });
                }
                Some(layer) => layer.restore(name, averages)?,
            }
        }
        match adaact.layers.keys().find(|name| !state.layers.contains_key(*name)) {
            Some(layer) if state.step > 0 => Err(Error::MissingLayer { layer: layer.clone() }),
            _ => Ok(adaact),
        }
    }
}

impl Layer {
    fn restore(&mut self, name: &str, state: &LayerState) -> Result<(), Error> {
        let LayerState { ema, momentum } = state;
        if ema.len() != self.v.len() {
            return Err(Error::shape(format!("{name}.ema"), self.v.shape(), &[ema.len()]));
        }
        if momentum.shape != self.m.shape() {
            return Err(Error::shape(format!("{name}.momentum"), self.m.shape(), &momentum.shape));
        }
        self.v = Array1::from(ema.clone());
        self.m = to_array(momentum).into_dimensionality().expect("a matrix");
        if ema.iter().any(|&v| v != 0.0) {
            self.observation = Observation::Made;
        }
        Ok(())
    }
}
