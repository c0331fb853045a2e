//! The arithmetic of one number, from a layer's inputs to the parameter that they move.

use crate::compare::{self, Address, Before, Deviation, Stage};
use anyhow::{Context, Result, ensure};
use fixtures::model::{self, Preconditioned, PreconditionedLayer};
use fixtures::{Case, Step, StepTrace, Trace};
use slow::{AdaAct, Array, Arrays, Definition, Forks, Gradients, Pass, Scalar, Session, Told, Use};

/// One weight or bias of a preconditioned layer, as an entry of `[out, columns]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The layer's full dotted name.
    pub layer: String,
    /// The row of the gradient: an output of the layer.
    pub row: usize,
    /// The column of the gradient: an input of that output, the bias last.
    pub column: usize,
}

/// One line of an explanation: `symbol = expression = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The clause that it follows.
    pub clause: &'static str,
    /// What is computed, such as `V[3]`.
    pub symbol: String,
    /// From what, in numbers.
    pub expression: String,
    /// What comes out.
    pub value: f64,
    /// What the trace has in its place.
    pub got: Option<f64>,
}

impl Entry {
    /// The entry at `index` of a layer, or of the first one: `[row, column]`, or `[j]` for the `j`-th
    /// number of the layer's scale and the first row that it scales.
    ///
    /// # Errors
    /// If the layer has no such entry.
    pub fn find(case: &Case, layer: Option<&str>, index: &[usize]) -> Result<Self> {
        let layer = find_layer(case, layer)?;
        let (out, columns, groups) = (layer.out(), layer.columns(), layer.groups());
        let (row, column) = match *index {
            [j] if j < groups * columns => (j / columns * (out / groups), j % columns),
            [row, column] if row < out && column < columns => (row, column),
            [j] => anyhow::bail!(
                "index {j}: the scale of {} has {} numbers",
                layer.name,
                groups * columns
            ),
            _ => anyhow::bail!(
                "index {index:?}: the gradient of {} is [{out}, {columns}]; give a row and a \
                 column, or the place of a scale",
                layer.name
            ),
        };
        Ok(Self { layer: layer.name.clone(), row, column })
    }

    /// The entry whose arithmetic leads to the number of a deviation; `None` where that is the
    /// network's, a plain parameter, or a count.
    #[must_use]
    pub fn of(case: &Case, Deviation { address, index, .. }: &Deviation) -> Option<Self> {
        let Address { stage, name, .. } = address;
        match stage {
            Stage::MeanSquare
            | Stage::Ema
            | Stage::Scale
            | Stage::Gradient
            | Stage::Momentum
            | Stage::Update => Self::find(case, Some(name), index).ok(),
            Stage::Parameters => {
                let (layer, part) = name.rsplit_once('.')?;
                let columns = find_layer(case, Some(layer)).ok()?.columns();
                let (row, place) = index.split_first()?;
                let extents = &case.parameters[name].shape[1..];
                let column = place.iter().zip(extents).fold(0, |at, (i, extent)| at * extent + i);
                let column = if part == "bias" { columns - 1 } else { column };
                Some(Self { layer: layer.to_owned(), row: *row, column })
            }
            _ => None,
        }
    }
}

/// The arithmetic of a step for one entry.
///
/// The step starts from what AdaAct has made of the steps before it; with a trace, from the state
/// that the trace reports, and what the trace has stands beside each line.
///
/// # Errors
/// If the case has no such step, or the trace does not report its state before it.
pub fn explain(
    case: &Case,
    step: usize,
    entry: &Entry,
    trace: Option<&Trace>,
) -> Result<Vec<Line>> {
    let steps = case.steps.len();
    ensure!(step < steps, "step {step}: the case has {steps} steps, counted from 0");
    let honest = trace.is_none().then(|| slow::trace::<f64>(case, &Definition));
    let run = trace.or(honest.as_ref()).expect("one of the two");
    let head = Before::steps(case, run)[step].head(case);
    let head = head.context("the trace does not report its whole state before the step")?;
    let got = trace.map(|trace| &trace.steps[step]);
    let layer = find_layer(case, Some(&entry.layer))?;
    let mut explanation = Explanation { layer, entry, got, known: Vec::new(), lines: Vec::new() };
    explanation.run(&head, &case.steps[step])?;
    Ok(explanation.lines)
}

struct Explanation<'e> {
    layer: Preconditioned<'e>,
    entry: &'e Entry,
    got: Option<&'e StepTrace>,
    /// What stands on a line so far, and is a number on those after it.
    known: Vec<Told>,
    lines: Vec<Line>,
}

impl Explanation<'_> {
    /// The step by the slow copy: its forwards in float64, the layer's own part told.
    fn run(&mut self, head: &Case, step: &Step) -> Result<()> {
        let passes = Session::<f64>::start(head, &Definition, &f64::from)?
            .passes(step, &mut Forks::record());
        let passes: Vec<_> = passes.iter().map(|pass| told(pass, &self.layer.name)).collect();
        let layers = [self.layer.clone()];
        let mut adaact = AdaAct::new(&layers, &head.optimizer, head.state.as_ref(), &Definition)?;
        let observed = adaact.observations(&layers, &passes);
        let gradients = adaact.gradients(&passes);
        adaact.observe(&observed);

        self.observed(&observed[&self.layer.name], adaact.layers()[0].averages.v[self.column()]);
        let Entry { row, column, .. } = *self.entry;
        let at = row * self.layer.columns() + column;
        if step.skip {
            let g = &adaact.matrices(&gradients)[&self.layer.name];
            self.matrix("S9", "G", Stage::Gradient, g[at]);
            return Ok(()); // S19
        }
        let mut parameters = Array::from_tensors(&head.parameters);
        let stages = adaact.step(step.lr, &gradients, &mut parameters)?;
        let stages = &stages[&self.layer.name];
        let t = adaact.t();
        self.given("S7", "t", format!("{} + 1", t - 1), t as f64);
        self.scale(stages.scale[self.column()]);
        self.matrix("S9", "G", Stage::Gradient, stages.gradient[at]);
        self.matrix("S10", "M", Stage::Momentum, stages.momentum[at]);
        self.corrected("S10", &format!("M̂[{row}, {column}]"), stages.update[at]);
        self.matrix("S11", "U", Stage::Update, stages.update[at]);
        self.descend(head, step, &parameters);
        Ok(())
    }

    /// `A` of every observation, and the `V` that they lead to.
    fn observed(&mut self, all: &[Vec<Told>], v: Told) {
        let column = self.column();
        let clause = match (self.is_bias(), self.layer.layer) {
            (true, _) => "S5",
            (_, PreconditionedLayer::Linear(_)) => "S3",
            (_, PreconditionedLayer::Conv2d(_)) => "S4",
        };
        for (nth, a) in all.iter().enumerate() {
            let symbol = match all.len() {
                1 => format!("A[{column}]"),
                _ => format!("A[{column}] of observation {nth}"),
            };
            self.add(clause, symbol, a[column], (Stage::MeanSquare, Some(nth)), &[column]);
        }
        self.add("S6", format!("V[{column}]"), v, (Stage::Ema, None), &[column]);
    }

    fn scale(&mut self, s: Told) {
        let column = self.column();
        self.corrected("S7", &format!("V̂[{column}]"), s);
        self.add("S8", format!("s[{column}]"), s, (Stage::Scale, None), &[column]);
    }

    /// The parameter behind the entry, moved (S12, S14).
    fn descend(&mut self, head: &Case, step: &Step, parameters: &Arrays<Told>) {
        let Entry { row, column, .. } = *self.entry;
        let inputs = self.layer.columns() - usize::from(self.layer.bias());
        let (name, at) = match self.is_bias() {
            true => (format!("{}.bias", self.layer.name), row),
            false => (format!("{}.weight", self.layer.name), row * inputs + column),
        };
        let (lr, decay) = head.optimizer.rates(&name, step.lr);
        self.given("S14", "η", format!("rate of {name}"), lr);
        self.given("S12", "1 - η·λ", format!("1 - {lr:?}·{decay:?}"), 1.0 - lr * decay);
        let theta = &parameters[&name];
        let index = compare::index(&theta.shape, at);
        let address = Address { stage: Stage::Parameters, name: name.clone(), occurrence: None };
        self.add_at("S12", format!("{name}{index:?}"), theta.data[at], &address, &index);
    }

    /// A number of a matrix `[out, columns]`.
    fn matrix(&mut self, clause: &'static str, symbol: &str, stage: Stage, number: Told) {
        let index = [self.entry.row, self.entry.column];
        self.add(clause, format!("{symbol}{index:?}"), number, (stage, None), &index);
    }

    /// What `number` has corrected for the zero that an average began with.
    fn corrected(&mut self, clause: &'static str, symbol: &str, number: Told) {
        if let Some(corrected) = number.corrected(&self.known) {
            self.push(clause, symbol.to_owned(), corrected, None);
        }
    }

    fn add(
        &mut self,
        clause: &'static str,
        symbol: String,
        number: Told,
        (stage, occurrence): (Stage, Option<usize>),
        index: &[usize],
    ) {
        let address = Address { stage, name: self.layer.name.clone(), occurrence };
        self.add_at(clause, symbol, number, &address, index);
    }

    fn add_at(
        &mut self,
        clause: &'static str,
        symbol: String,
        number: Told,
        address: &Address,
        index: &[usize],
    ) {
        let array = self.got.and_then(|got| address.find(got));
        let got = array.and_then(|array| array.at(index));
        self.push(clause, symbol, number, got);
    }

    fn push(&mut self, clause: &'static str, symbol: String, number: Told, got: Option<f64>) {
        let (expression, value) = (number.tell(&self.known), number.value());
        self.known.push(number);
        self.lines.push(Line { clause, symbol, expression, value, got });
    }

    /// A constant, computed in float64 (S7).
    fn given(&mut self, clause: &'static str, symbol: &str, expression: String, value: f64) {
        let symbol = symbol.to_owned();
        self.lines.push(Line { clause, symbol, expression, value, got: None });
    }

    /// The place of the entry's column in `[groups · columns]`.
    fn column(&self) -> usize {
        let rows_of_group = self.layer.out() / self.layer.groups();
        self.entry.row / rows_of_group * self.layer.columns() + self.entry.column
    }

    fn is_bias(&self) -> bool {
        self.layer.bias() && self.entry.column + 1 == self.layer.columns()
    }
}

/// The layer of that name, or the first.
fn find_layer<'c>(case: &'c Case, name: Option<&str>) -> Result<Preconditioned<'c>> {
    let layers = model::preconditioned(&case.model);
    let names: Vec<_> = layers.iter().map(|layer| layer.name.clone()).collect();
    let found = layers.into_iter().find(|layer| name.is_none_or(|name| layer.name == name));
    found.with_context(|| {
        let wanted = name.map(|name| format!(" {name}")).unwrap_or_default();
        format!("no preconditioned layer{wanted}; there are {}", names.join(", "))
    })
}

/// A pass with the numbers that one layer sees, to begin telling with.
fn told(pass: &Pass<f64>, layer: &str) -> Pass<Told> {
    let uses = pass.uses.iter().filter(|used| used.layer == layer);
    let uses = uses.map(|used| Use { layer: used.layer.clone(), input: of(&used.input) });
    let own = |name: &str| name.rsplit_once('.').is_some_and(|(owner, _)| owner == layer);
    let gradients = pass.gradients.sums().into_iter().filter(|(name, _)| own(name));
    let by_use = gradients.map(|(name, g)| (name, vec![of(&g)])).collect();
    Pass {
        mode: pass.mode,
        loss: Told::new(pass.loss),
        loss_scale: Told::new(pass.loss_scale),
        output: of(&pass.output),
        uses: uses.collect(),
        gradients: Gradients { by_use },
    }
}

fn of(array: &Array<f64>) -> Array<Told> {
    let data = array.data.iter().map(|&x| Told::new(x)).collect();
    Array { shape: array.shape.clone(), data }
}
