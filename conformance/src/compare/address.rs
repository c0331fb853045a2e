//! The arrays of one step of a trace, addressed in the order of report.

use super::stage::Stage;
use fixtures::model::{self, Preconditioned};
use fixtures::{Case, Layer, LayerTrace, Mode, StepTrace, Tensor};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The address of one array within a step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Its stage.
    pub stage: Stage,
    /// The layer, parameter or buffer; empty where the stage belongs to the whole model.
    pub name: String,
    /// Which forward (outputs, losses) or which observation of the step (mean squares).
    pub occurrence: Option<usize>,
}

/// One array: its shape and its values.
pub struct Array<'t> {
    /// Extent of every axis; empty for a single value.
    pub shape: Cow<'t, [usize]>,
    /// The values, row-major.
    pub values: Cow<'t, [f64]>,
}

/// The addresses of every array of a step of this case, in the order of report.
#[must_use]
pub fn addresses(case: &Case, step: usize) -> Vec<Address> {
    let step = &case.steps[step];
    let layers = model::preconditioned(&case.model);
    let parameters = model::parameters(&case.model);
    let mut found = Addresses::default();

    found.forwards(case, &step.forwards);
    found.names(Stage::Buffers, model::buffers(&case.model).iter().map(|b| &b.name));
    found.names(Stage::Ema, layers.iter().map(|l| &l.name));
    found.push(Stage::Step, "", None);
    if !step.skip {
        found.names(Stage::Scale, layers.iter().map(|l| &l.name));
    }
    found.gradients(&layers, parameters.iter().map(|p| p.name.as_str()));
    if !step.skip {
        found.names(Stage::Momentum, layers.iter().map(|l| &l.name));
        found.names(Stage::Update, layers.iter().map(|l| &l.name));
    }
    found.names(Stage::Parameters, parameters.iter().map(|p| &p.name));
    found.0
}

#[derive(Default)]
struct Addresses(Vec<Address>);

impl Addresses {
    fn push(&mut self, stage: Stage, name: &str, occurrence: Option<usize>) {
        self.0.push(Address { stage, name: name.to_owned(), occurrence });
    }

    fn names<'n>(&mut self, stage: Stage, names: impl Iterator<Item = &'n String>) {
        names.for_each(|name| self.push(stage, name, None));
    }

    /// Per forward the mean squares in order of use, the output and the loss.
    fn forwards(&mut self, case: &Case, forwards: &[fixtures::Forward]) {
        let mut uses = Vec::new();
        order_of_use(&case.model, "", &mut uses);
        for name in uses.iter().collect::<BTreeSet<_>>() {
            self.push(Stage::Observations, name, None);
        }
        let mut observed: BTreeMap<&str, usize> = BTreeMap::new();
        for (forward, given) in forwards.iter().enumerate() {
            for name in uses.iter().filter(|_| given.mode == Mode::Train) {
                let count = observed.entry(name).or_default();
                self.push(Stage::MeanSquare, name, Some(*count));
                *count += 1;
            }
            self.push(Stage::Outputs, "", Some(forward));
            self.push(Stage::Losses, "", Some(forward));
        }
    }

    /// Gradients of preconditioned layers and of plain parameters, from the last layer back.
    fn gradients<'n>(
        &mut self,
        layers: &[Preconditioned],
        parameters: impl DoubleEndedIterator<Item = &'n str>,
    ) {
        let mut seen = BTreeSet::new();
        for parameter in parameters.rev() {
            let owner = parameter.rsplit_once('.').map_or("", |(owner, _)| owner);
            if !layers.iter().any(|l| l.name == owner) {
                self.push(Stage::PlainGradients, parameter, None);
            } else if seen.insert(owner) {
                self.push(Stage::Gradient, owner, None);
            }
        }
    }
}

/// The preconditioned layers' full names in the order in which one forward uses them (S17).
fn order_of_use(layers: &[Layer], prefix: &str, uses: &mut Vec<String>) {
    for layer in layers {
        match layer {
            Layer::Linear(_) | Layer::Conv2d(_) => {
                uses.extend(layer.name().map(|name| model::join(prefix, name)));
            }
            Layer::Shared { of } => uses.push(model::join(prefix, of)),
            Layer::Residual(l) => {
                let name = model::join(prefix, &l.name);
                order_of_use(&l.body, &model::join(&name, "body"), uses);
                let shortcut = l.shortcut.as_deref().unwrap_or_default();
                order_of_use(shortcut, &model::join(&name, "shortcut"), uses);
            }
            Layer::Concat(l) => {
                let name = model::join(prefix, &l.name);
                order_of_use(&l.body, &model::join(&name, "body"), uses);
            }
            _ => {}
        }
    }
}

impl Address {
    /// The array at this address; `None` where the trace has none.
    #[must_use]
    pub fn find<'t>(&self, trace: &'t StepTrace) -> Option<Array<'t>> {
        let layer = || trace.layers.get(&self.name);
        let nth = self.occurrence.unwrap_or_default();
        match self.stage {
            Stage::Observations => layer()?.mean_square.as_ref().map(|a| Array::count(a.len())),
            Stage::MeanSquare => layer()?.mean_square.as_ref()?.get(nth).map(|a| Array::list(a)),
            Stage::Outputs => trace.outputs.as_ref()?.get(nth).map(Array::tensor),
            Stage::Losses => trace.losses.get(nth).map(Array::value),
            Stage::Buffers => trace.buffers.get(&self.name).map(Array::tensor),
            Stage::Ema => layer()?.ema.as_ref().map(|v| Array::list(v)),
            Stage::Step => trace.step.map(|t| Array::count(t as usize)),
            Stage::Scale => layer()?.scale.as_ref().map(|s| Array::list(s)),
            Stage::Gradient => layer_tensor(layer()?, |l| &l.gradient),
            Stage::PlainGradients => trace.plain_gradients.get(&self.name).map(Array::tensor),
            Stage::Momentum => layer_tensor(layer()?, |l| &l.momentum),
            Stage::Update => layer_tensor(layer()?, |l| &l.update),
            Stage::Parameters => trace.parameters.get(&self.name).map(Array::tensor),
        }
    }
}

fn layer_tensor(
    layer: &LayerTrace,
    of: impl Fn(&LayerTrace) -> &Option<Tensor>,
) -> Option<Array<'_>> {
    of(layer).as_ref().map(Array::tensor)
}

impl<'t> Array<'t> {
    fn tensor(tensor: &'t Tensor) -> Self {
        Self { shape: (&tensor.shape).into(), values: (&tensor.data).into() }
    }

    fn list(list: &'t [f64]) -> Self {
        Self { shape: vec![list.len()].into(), values: list.into() }
    }

    fn value(value: &'t f64) -> Self {
        Self { shape: Cow::Borrowed(&[]), values: std::slice::from_ref(value).into() }
    }

    fn count(count: usize) -> Self {
        Self { shape: Cow::Borrowed(&[]), values: vec![count as f64].into() }
    }

    /// The index along every axis of the value at a row-major position.
    #[must_use]
    pub fn index(&self, position: usize) -> Vec<usize> {
        index(&self.shape, position)
    }

    /// The value at an index, one number per axis; `None` outside.
    #[must_use]
    pub fn at(&self, index: &[usize]) -> Option<f64> {
        if index.len() != self.shape.len() {
            return None;
        }
        let inside = index.iter().zip(&*self.shape).all(|(i, extent)| i < extent);
        let position = index.iter().zip(&*self.shape).fold(0, |at, (i, extent)| at * extent + i);
        inside.then(|| self.values.get(position).copied())?
    }
}

/// The index along every axis of the value at a row-major position.
#[must_use]
pub fn index(shape: &[usize], position: usize) -> Vec<usize> {
    let mut rest = position;
    let mut index = vec![0; shape.len()];
    for (i, &extent) in index.iter_mut().zip(shape).rev() {
        *i = rest % extent;
        rest /= extent;
    }
    index
}
