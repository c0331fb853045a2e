//! From gradients to parameters: the step of one layer and of one plain parameter (S10–S16).

use super::layer::Layer;
use super::optimizer::{Observed, Optimizer, observed_trace};
use super::rates::Rates;
use super::{Mutant, download, values};
use fixtures::LayerTrace;
use fixtures::model::PreconditionedLayer;
use gpu::NamedTensors;
use tch::Tensor;

impl Optimizer<'_> {
    /// One layer's step, with `t` already raised; the layer's name, and what there is to say.
    ///
    /// Under [`Mutant::RateZeroKeepsMomentum`] the rate of the weight counts: where it is 0, `M`,
    /// weight and bias stay, and `U` is that of the old `M`.
    pub fn step_layer(
        &mut self,
        number: usize,
        observed: &Observed,
        gradients: &NamedTensors,
        scheduled: Option<f64>,
    ) -> (String, LayerTrace) {
        let (mutant, constants) = (self.mutant, self.constants());
        let name = self.layers[number].described.name.clone();
        let weight = Rates::new(mutant, self.given, &format!("{name}.weight"), scheduled);
        let left_alone = mutant == Some(Mutant::RateZeroKeepsMomentum) && weight.lr == 0.0; // S16
        let g = self.layers[number].gradient(mutant, gradients);
        let s = self.layers[number].scale(&constants);
        if !left_alone {
            let averaged = self.averaged(number, &g, &s, scheduled);
            self.layers[number].average(&constants, &averaged);
        }
        let layer = &self.layers[number];
        let left_plain = self.left_plain(number);
        let u = if left_plain { g.shallow_clone() } else { layer.update(&constants, &g, &s) };
        let trace = LayerTrace {
            scale: Some(values(&s)),
            momentum: Some(download(&layer.m)),
            update: Some(download(&u)),
            ..observed_trace(layer, &observed.mean_squares, &g)
        };
        if !left_alone {
            self.apply_matrix(&name, &u, scheduled);
        }
        (name, trace)
    }

    /// Whether a layer is not preconditioned (S1): `U = G`, and all else is computed as usual.
    fn left_plain(&self, number: usize) -> bool {
        let layer = &self.layers[number].described.layer;
        match self.mutant {
            Some(Mutant::FirstLayerPlain) => number == 0,
            Some(Mutant::LastLayerPlain) => number + 1 == self.layers.len(),
            Some(Mutant::ConvolutionsPlain) => matches!(layer, PreconditionedLayer::Conv2d(_)),
            _ => false,
        }
    }

    /// What `M` takes in, honestly `G` (S10).
    fn averaged(&self, number: usize, g: &Tensor, s: &Tensor, scheduled: Option<f64>) -> Tensor {
        let layer = &self.layers[number];
        match self.mutant {
            Some(Mutant::MomentumOfScaled) => layer.scaled(self.mutant, g, s),
            Some(Mutant::DecayCoupled) => g + self.coupled_decay(layer, scheduled),
            _ => g.shallow_clone(), // S10
        }
    }

    /// `λ·θ`, `[out, columns]`, with the `λ` of weight and bias.
    fn coupled_decay(&self, layer: &Layer, scheduled: Option<f64>) -> Tensor {
        let own = ["weight", "bias"].map(|part| format!("{}.{part}", layer.described.name));
        let decayed = own.into_iter().filter_map(|name| {
            let rates = Rates::new(self.mutant, self.given, &name, scheduled);
            let product = self.parameters.get(&name)? * rates.decay;
            Some((name, product))
        });
        layer.gradient(self.mutant, &decayed.collect())
    }

    /// Gives a layer's `U`, `[out, columns]`, to weight and bias, the bias's column last.
    fn apply_matrix(&mut self, layer: &str, u: &Tensor, scheduled: Option<f64>) {
        let (weight, bias) = (format!("{layer}.weight"), format!("{layer}.bias"));
        if !self.parameters.contains_key(&bias) {
            return self.apply(&weight, u, scheduled, false);
        }
        let inputs = u.size()[1] - 1;
        self.apply(&weight, &u.narrow(1, 0, inputs), scheduled, false);
        self.apply(&bias, &u.narrow(1, inputs, 1), scheduled, false);
    }

    /// The step of a plain parameter along its raw gradient (S13).
    pub fn step_plain(&mut self, name: &str, g: &Tensor, scheduled: Option<f64>) {
        let constants = self.constants();
        let u = match self.mutant {
            Some(Mutant::PlainFrozen) => return,
            Some(Mutant::PlainSign) => g.sign(),
            Some(Mutant::PlainMomentum) => {
                let m =
                    self.plain_momentum.entry(name.to_owned()).or_insert_with(|| g.zeros_like());
                *m = &*m * constants.beta_m + g * (1.0 - constants.beta_m);
                &*m / constants.unbias_m(constants.t)
            }
            Some(Mutant::DecayCoupled) => {
                let decay = Rates::new(self.mutant, self.given, name, scheduled).decay;
                g + &self.parameters[name] * decay
            }
            _ => g.shallow_clone(), // S13
        };
        self.apply(name, &u, scheduled, true);
    }

    /// Decay, then the step (S12).
    fn apply(&mut self, name: &str, u: &Tensor, scheduled: Option<f64>, plain: bool) {
        let rates = Rates::new(self.mutant, self.given, name, scheduled);
        let kept = rates.kept(self.mutant, name, plain);
        let parameter = self.parameters.get_mut(name).expect("a parameter of the case");
        let theta = parameter.detach();
        let step = u.reshape_as(parameter) * rates.lr;
        let theta = match self.mutant {
            Some(Mutant::DecayAfterStep) => (theta - step) * kept,
            Some(Mutant::SignReversed) => theta * kept + step,
            Some(Mutant::Control) => (theta * kept - step) * (1.0 + 1e-6),
            _ => theta * kept - step, // S12
        };
        parameter.copy_(&theta);
    }
}
