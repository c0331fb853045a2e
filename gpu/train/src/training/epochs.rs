//! Epochs of updates, each followed by an evaluation, with everything that is kept of them.

use super::end::End;
use super::evaluation::Evaluation;
use super::failure;
use super::interrupt::Interrupt;
use super::learner::Learner;
use super::progress::{self, Progress};
use super::size::EpochSize;
use super::traces::Traces;
use super::update::{NotFinite, Request, update};
use crate::plots;
use crate::run::checkpoint;
use crate::run::directory::RunDirectory;
use crate::run::header::{Generator, Header, Scheduler, Schema};
use crate::run::logs::{Logs, StepLoss};
use crate::run::position::{Best, Position};
use crate::task::{Batches, Moment, Task};
use anyhow::Result;
use fixtures::run::{Environment, Epoch as Line, Settings};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

/// A run in progress.
pub struct Training<'t> {
    pub task: &'t dyn Task,
    pub settings: Settings,
    pub environment: Environment,
    pub directory: RunDirectory,
    pub learner: Learner,
    pub size: EpochSize,
    pub position: Position,
    pub logs: Logs,
    pub limits: Limits,
    pub traces: Option<Traces>,
    pub interrupt: Interrupt,
}

/// What is asked for beside the schedule.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Stop after so many updates.
    pub steps: Option<u64>,
    /// Save after so many updates, too.
    pub save_every: Option<u64>,
}

impl Training<'_> {
    /// Goes on from where the run stands to its end, or to whatever ends it before.
    pub fn run(mut self) -> Result<End> {
        self.save_last()?; // also shows at once whether there is room
        let mut end = End::Finished;
        while self.position.epoch < self.settings.epoch {
            if let ControlFlow::Break(early) = self.epoch()? {
                end = early;
                break;
            }
        }
        self.farewell(&end);
        Ok(end)
    }

    /// The rest of an epoch and its evaluation.
    fn epoch(&mut self) -> Result<ControlFlow<End>> {
        let task = self.task;
        let Position { epoch, batch: first, .. } = self.position;
        let progress = Progress::epoch(&self.settings, epoch, self.size);
        let begun = Instant::now();
        let mut batches = task.epoch(epoch, first);
        while self.position.batch < self.size.batches() {
            if let Some(end) = self.wanted_end() {
                progress.clear();
                self.save_last()?;
                return Ok(ControlFlow::Break(end));
            }
            match self.update(&mut batches)? {
                Ok(loss) => progress.update(&self.position, loss, self.time_left(begun, first)),
                Err(not_finite) => {
                    progress.clear();
                    return Ok(ControlFlow::Break(self.fail(&not_finite)?));
                }
            }
            if self.limits.save_every.is_some_and(|every| self.updates_done().is_multiple_of(every))
            {
                self.save_last()?;
            }
        }
        progress.evaluating();
        let evaluated = Evaluation::of(&self.learner.network, task, &self.interrupt);
        progress.clear();
        if let Some(evaluation) = evaluated? {
            self.finish_epoch(evaluation)?;
            return Ok(ControlFlow::Continue(()));
        }
        self.save_last()?;
        Ok(ControlFlow::Break(End::Interrupted))
    }

    /// An update, noted; its mean loss.
    fn update(&mut self, batches: &mut Batches) -> Result<Result<f64, NotFinite>> {
        let start = Instant::now();
        let number = self.updates_done() + 1;
        let request = Request {
            window: self.size.window(self.position.batch),
            lr: self.task.lr(self.moment(number - 1)),
            number,
            traces: self.traces.as_ref().filter(|traces| traces.wants(number)),
        };
        let window = request.window;
        let done = match update(&mut self.learner, batches, &request)? {
            Ok(done) => done,
            Err(not_finite) => return Ok(Err(not_finite)),
        };
        let loss = done.losses / window as f64;
        let Position { epoch, .. } = self.position;
        self.logs.step(&StepLoss { step: number - 1, epoch, loss })?;
        self.position.batch += window;
        self.position.loss_sum += done.losses;
        self.position.correct += done.correct;
        self.position.train_seconds += start.elapsed().as_secs_f64();
        self.position.data_seconds += done.data.as_secs_f64();
        Ok(Ok(loss))
    }

    /// Notes an epoch and goes on to the next.
    fn finish_epoch(&mut self, evaluation: Evaluation) -> Result<()> {
        let Position { epoch, loss_sum, best, .. } = self.position;
        let test_accuracy = evaluation.accuracy;
        let line = self.line(loss_sum / self.size.batches() as f64, evaluation);
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
        for problem in plots::draw(self.directory.path())? {
            eprintln!("plots: {problem}");
        }
        Ok(())
    }

    /// The epoch, as far as it has come, as a line of the metrics.
    fn line(&self, train_loss: f64, evaluation: Evaluation) -> Line {
        let Evaluation { loss: test_loss, accuracy: test_accuracy, seconds, input_mean_squares } =
            evaluation;
        let Position { epoch, batch, correct, train_seconds, data_seconds, .. } = self.position;
        let images = self.size.images(batch);
        Line {
            epoch,
            updates: Some(self.updates_done()),
            lr: self.task.lr(self.moment(self.updates_done().saturating_sub(1))),
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

    /// Saves the state in which the loss was not finite, and says where that began.
    fn fail(&mut self, NotFinite { loss, images }: &NotFinite) -> Result<End> {
        let path = self.directory.failed();
        self.save(&path)?;
        // Whoever judges the run has to see that it ended here, and why; resuming cuts this off.
        self.logs.epoch(&self.line(*loss, Evaluation::NONE), &self.directory)?;
        self.logs.sync(&self.directory)?;
        let Position { epoch, batch, .. } = self.position;
        Ok(End::NotFinite(format!(
            "the loss is {loss} at step {} (epoch {}, batch {}): {}\n\
             The state before this step's update is in {}; {} is as it was.",
            self.updates_done() + 1,
            epoch + 1,
            batch + 1,
            failure::diagnose(&self.learner, images),
            path.display(),
            self.directory.last().display(),
        )))
    }

    fn save_last(&mut self) -> Result<()> {
        self.save(&self.directory.last())
    }

    fn save(&mut self, path: &Path) -> Result<()> {
        let Settings { seed, lr_scheduler, .. } = self.settings;
        let Position { epoch, .. } = self.position;
        let lr = self.task.lr(self.moment(self.updates_done()));
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
        checkpoint::save(path, header, &self.learner.network, &self.learner.optimizer)
    }

    fn wanted_end(&self) -> Option<End> {
        if self.interrupt.is_wanted() {
            return Some(End::Interrupted);
        }
        self.limits.steps.filter(|&steps| self.updates_done() >= steps).map(|_| End::Steps)
    }

    fn moment(&self, update: u64) -> Moment {
        Moment { epoch: self.position.epoch, update }
    }

    fn updates_done(&self) -> u64 {
        self.size.updates_done(&self.position)
    }

    /// Until the end of the schedule, at the pace since `begun`, when `first` was the next batch.
    fn time_left(&self, begun: Instant, first: u64) -> Duration {
        let Position { epoch, batch, .. } = self.position;
        let all = self.size.batches();
        let left = (self.settings.epoch - epoch) * all - batch;
        begun.elapsed().mul_f64(left as f64 / (batch - first) as f64)
    }

    fn farewell(&self, end: &End) {
        let path = self.directory.path().display();
        match end {
            End::Finished => {
                let best = self.position.best.map_or(String::new(), |best| {
                    format!(", best {:.2} % after epoch {}", best.accuracy, best.epoch + 1)
                });
                println!("finished after {} epochs{best}: {path}", self.settings.epoch);
            }
            End::Steps => println!("stopped after {} steps: {path}", self.updates_done()),
            End::Interrupted => eprintln!(
                "interrupted after {} steps, saved in {path}\n\
                 Go on with the same command and --resume",
                self.updates_done()
            ),
            End::NotFinite(_) => {}
        }
    }
}
