//! Epochs of steps, each followed by an evaluation, with everything that is kept of them.

use crate::checkpoint::{self, Best, Generator, Header, Position, Scheduler, Schema};
use crate::directory::RunDirectory;
use crate::failure;
use crate::interrupt;
use crate::logs::{Logs, StepLoss};
use crate::progress::{self, Progress};
use crate::schedule;
use crate::traces::Traces;
use anyhow::Result;
use fixtures::run::{Environment, Epoch as Line, Recipe, Settings};
use gpu::optimizer::Optimizer;
use gpu::{Network, Observer};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use tch::{Kind, Reduction, Tensor};
use train::images::{Batch, Epoch, ImageSet, Sampling, View};

/// Images of a batch of the evaluation.
const TEST_BATCH: usize = 500;

/// How a run ended, for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The whole schedule is done.
    Finished,
    /// `--steps` are done.
    Steps,
    /// By a signal.
    Interrupted,
    /// The loss was no longer finite.
    NotFinite,
}

/// A run in progress.
pub struct Training {
    pub settings: Settings,
    pub environment: Environment,
    pub directory: RunDirectory,
    pub network: Network,
    pub optimizer: Optimizer,
    pub train: ImageSet,
    pub test: ImageSet,
    /// Where tensors live.
    pub place: tch::Device,
    pub position: Position,
    pub logs: Logs,
    pub limits: Limits,
    pub traces: Option<Traces>,
}

/// What is asked for beside the schedule.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Stop after so many steps.
    pub steps: Option<u64>,
    /// Save after so many steps, too.
    pub save_every: Option<u64>,
}

impl Training {
    /// Goes on from where the run stands to its end, or to whatever ends it before.
    pub fn run(mut self) -> Result<End> {
        self.save_last()?; // also shows at once whether there is room
        let mut end = End::Finished;
        while self.position.epoch < self.settings.epoch {
            if let Some(early) = self.epoch()? {
                end = early;
                break;
            }
        }
        self.farewell(end);
        Ok(end)
    }

    /// The rest of an epoch and its evaluation.
    fn epoch(&mut self) -> Result<Option<End>> {
        let number = self.position.epoch;
        let Settings { seed, recipe: Recipe::Cifar { augment, shuffle }, .. } = self.settings;
        let sampling = Sampling { seed, augment, shuffle };
        let epoch = Epoch::new(sampling.views(number, self.train.len()), self.place);
        let progress = Progress::epoch(&self.settings, number, self.batches());
        let begun = (Instant::now(), self.position.batch);

        while self.position.batch < self.batches() {
            if let Some(end) = self.wanted_end() {
                progress.clear();
                self.save_last()?;
                return Ok(Some(end));
            }
            let Some(loss) = self.step(&epoch)? else {
                progress.clear();
                return Ok(Some(End::NotFinite));
            };
            progress.batch(&self.position, loss, self.time_left(begun));
            if self.limits.save_every.is_some_and(|every| self.steps_done().is_multiple_of(every)) {
                self.save_last()?;
            }
        }
        progress.evaluating();
        let evaluated = self.evaluate();
        progress.clear();
        match evaluated {
            Some(evaluation) => self.finish_epoch(evaluation).map(|()| None),
            None => {
                self.save_last()?;
                Ok(Some(End::Interrupted))
            }
        }
    }

    /// Forward, backward, update; the batch's loss, or nothing if it is not finite.
    fn step(&mut self, epoch: &Epoch) -> Result<Option<f64>> {
        let start = Instant::now();
        let batchsize = self.settings.batchsize as usize;
        let from = self.position.batch as usize * batchsize;
        let batch = self.train.batch(epoch, from..epoch.len().min(from + batchsize));
        let made = start.elapsed();

        let lr = schedule::rate(&self.settings, self.position.epoch);
        let number = self.steps_done() + 1;
        let traces = self.traces.as_ref().filter(|traces| number.is_multiple_of(traces.every));
        let mut traced = traces
            .zip(self.optimizer.adaact())
            .map(|(traces, adaact)| traces.begin(number, lr, &self.network, adaact, &batch));
        self.network.clear_gradients();
        let (loss, logits) = {
            let mut observer: Box<dyn Observer> = match (&mut traced, &mut self.optimizer) {
                (Some(traced), Optimizer::AdaAct(adaact, _)) => Box::new(traced.observer(adaact)),
                (_, optimizer) => optimizer.observer(),
            };
            forward(&self.network, &batch, &mut *observer)
        };
        if !loss.is_finite() {
            self.fail(loss, &batch)?;
            return Ok(None);
        }
        self.optimizer.step(lr)?;
        if let (Some(traced), Some(adaact)) = (traced, self.optimizer.adaact()) {
            traced.finish(&logits, loss, &self.network, adaact)?;
        }
        self.logs.step(&StepLoss { step: number - 1, epoch: self.position.epoch, loss })?;
        self.position.batch += 1;
        self.position.loss_sum += loss;
        self.position.correct += correct(&logits, &batch.classes);
        self.position.train_seconds += start.elapsed().as_secs_f64();
        self.position.data_seconds += made.as_secs_f64();
        Ok(Some(loss))
    }

    /// Loss and accuracy over the test images; nothing if a signal came.
    fn evaluate(&self) -> Option<Evaluation> {
        let start = Instant::now();
        let count = self.test.len();
        let whole = Epoch::new((0..count).map(View::whole).collect(), self.place);
        let (mut loss, mut right) = (0.0, 0);
        let mut inputs = BTreeMap::new();
        for from in (0..count).step_by(TEST_BATCH) {
            if interrupt::is_wanted() {
                return None;
            }
            let batch = self.test.batch(&whole, from..count.min(from + TEST_BATCH));
            let share = batch.classes.size()[0] as f64 / count as f64;
            let mut observer = Inputs { share, sums: &mut inputs };
            let logits = self.network.evaluate_observed(&batch.images, &mut observer);
            loss += cross_entropy(&logits, &batch.classes, Reduction::Sum).double_value(&[]);
            right += correct(&logits, &batch.classes);
        }
        let accuracy = 100.0 * right as f64 / count as f64;
        let seconds = start.elapsed().as_secs_f64();
        let names: Vec<_> = self.network.layer_names().collect();
        let input_mean_squares = inputs
            .into_iter()
            .map(|(layer, sum): (usize, f64)| (names[layer].to_owned(), sum))
            .collect();
        Some(Evaluation { loss: loss / count as f64, accuracy, seconds, input_mean_squares })
    }

    /// The epoch, as far as it has come, as a line of the metrics.
    fn line(&self, train_loss: f64, evaluation: Evaluation) -> Line {
        let Evaluation { loss: test_loss, accuracy: test_accuracy, seconds, input_mean_squares } =
            evaluation;
        let Position { epoch, batch, correct, train_seconds, data_seconds, .. } = self.position;
        let images = (batch * self.settings.batchsize).min(self.train.len() as u64);
        Line {
            epoch,
            updates: Some(self.steps_done()),
            lr: schedule::rate(&self.settings, epoch),
            train_loss,
            train_accuracy: 100.0 * correct as f64 / images as f64,
            test_loss,
            test_accuracy,
            train_seconds,
            data_seconds,
            test_seconds: seconds,
            images,
            input_mean_squares,
        }
    }

    /// Notes an epoch and goes on to the next.
    fn finish_epoch(&mut self, evaluation: Evaluation) -> Result<()> {
        let Position { epoch, loss_sum, best, .. } = self.position;
        let test_accuracy = evaluation.accuracy;
        let line = self.line(loss_sum / self.batches() as f64, evaluation);
        self.logs.epoch(&line, &self.directory)?;
        let is_best = best.is_none_or(|best| test_accuracy > best.accuracy);
        let best = if is_best { Some(Best { epoch, accuracy: test_accuracy }) } else { best };
        self.position = Position { epoch: epoch + 1, best, ..Position::default() };
        // The better weights first: killed in between, the epoch is run again and they come again.
        if is_best {
            self.save(&self.directory.best())?;
        }
        self.save_last()?;
        println!("{}", progress::line(&self.settings, &line, is_best));
        for problem in train::plots::draw(self.directory.path())? {
            eprintln!("plots: {problem}");
        }
        Ok(())
    }

    /// Saves the state in which the loss was not finite, and says where that began.
    fn fail(&mut self, loss: f64, batch: &Batch) -> Result<()> {
        let path = self.directory.failed();
        self.save(&path)?;
        // Whoever judges the run has to see that it ended here, and why; resuming cuts this off.
        self.logs.epoch(&self.line(loss, Evaluation::NONE), &self.directory)?;
        self.logs.sync(&self.directory)?;
        let Position { epoch, batch: number, .. } = self.position;
        eprintln!(
            "cifar: the loss is {loss} at step {} (epoch {}, batch {}): {}\n\
             The state before this step's update is in {}; {} is as it was.",
            self.steps_done() + 1,
            epoch + 1,
            number + 1,
            failure::diagnose(&self.network, &self.optimizer, &batch.images),
            path.display(),
            self.directory.last().display(),
        );
        Ok(())
    }

    fn save_last(&mut self) -> Result<()> {
        self.save(&self.directory.last())
    }

    fn save(&mut self, path: &Path) -> Result<()> {
        let Settings { seed, lr_scheduler, .. } = self.settings;
        let Position { epoch, .. } = self.position;
        let lr = schedule::rate(&self.settings, epoch);
        let header = Header {
            schema: Schema::V2,
            settings: self.settings.clone(),
            environment: self.environment.clone(),
            position: self.position,
            generator: Generator { algorithm: "chacha8".to_owned(), seed, stream: epoch },
            scheduler: Scheduler { name: lr_scheduler.to_string(), epoch, lr },
            t: 0,
            lengths: self.logs.sync(&self.directory)?,
        };
        checkpoint::save(path, header, &self.network, &self.optimizer)
    }

    fn wanted_end(&self) -> Option<End> {
        if interrupt::is_wanted() {
            return Some(End::Interrupted);
        }
        self.limits.steps.filter(|&steps| self.steps_done() >= steps).map(|_| End::Steps)
    }

    /// Batches of an epoch; the last may be smaller.
    fn batches(&self) -> u64 {
        (self.train.len() as u64).div_ceil(self.settings.batchsize)
    }

    fn steps_done(&self) -> u64 {
        self.position.epoch * self.batches() + self.position.batch
    }

    /// Until the end of the schedule, at the pace since `begun`.
    fn time_left(&self, (begun, batch): (Instant, u64)) -> Duration {
        let done = self.position.batch - batch;
        let left = self.settings.epoch * self.batches() - self.steps_done();
        begun.elapsed().mul_f64(left as f64 / done as f64)
    }

    fn farewell(&self, end: End) {
        let path = self.directory.path().display();
        match end {
            End::Finished => {
                let best = self.position.best.map_or(String::new(), |best| {
                    format!(", best {:.2} % after epoch {}", best.accuracy, best.epoch + 1)
                });
                println!("finished after {} epochs{best}: {path}", self.settings.epoch);
            }
            End::Steps => println!("stopped after {} steps: {path}", self.steps_done()),
            End::Interrupted => eprintln!(
                "interrupted after {} steps, saved in {path}\n\
                 Go on with the same command and --resume",
                self.steps_done()
            ),
            End::NotFinite => {}
        }
    }
}

/// What the test images gave.
#[derive(Clone, Debug)]
struct Evaluation {
    loss: f64,
    accuracy: f64,
    seconds: f64,
    /// By the layer's full name.
    input_mean_squares: BTreeMap<String, f64>,
}

impl Evaluation {
    /// Of an epoch that broke off.
    const NONE: Self = Self {
        loss: f64::NAN,
        accuracy: f64::NAN,
        seconds: 0.0,
        input_mean_squares: BTreeMap::new(),
    };
}

/// Adds up the mean squares of the layers' inputs, each batch by its share of all images.
struct Inputs<'s> {
    share: f64,
    sums: &'s mut BTreeMap<usize, f64>,
}

impl Observer for Inputs<'_> {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        let mean_square = input.square().mean(Kind::Double).double_value(&[]);
        *self.sums.entry(layer).or_default() += self.share * mean_square;
    }
}

/// The loss of a batch and the logits, after backward.
fn forward(network: &Network, batch: &Batch, observer: &mut dyn Observer) -> (f64, Tensor) {
    let logits = network.train(&batch.images, observer);
    let loss = cross_entropy(&logits, &batch.classes, Reduction::Mean);
    loss.backward();
    (loss.double_value(&[]), logits)
}

fn cross_entropy(logits: &Tensor, classes: &Tensor, reduction: Reduction) -> Tensor {
    logits.cross_entropy_loss(classes, None::<&Tensor>, reduction, -1, 0.0)
}

fn correct(logits: &Tensor, classes: &Tensor) -> i64 {
    logits.argmax(1, false).eq_tensor(classes).sum(Kind::Int64).int64_value(&[])
}
