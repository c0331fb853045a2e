//! A training step of ResNet-20 in float64: the reference against libtorch, on the same cores.
//!
//! Forward, backward and AdaAct. Every round runs each engine once, in turn, the reference twice:
//! against itself it shows what the machine's noise is. Peak memory is that of a process of its
//! own, less what the process held before its first step.

#[path = "../../gpu/benches/step/measure.rs"]
mod measure;

use clap::{Parser, ValueEnum};
use fixtures::{
    Case, CaseDtype, CaseSchema, Forward, Loss, Mode, Optimizer, Step, Target, Tensor, model,
};
use gpu::backend::{commit, machine};
use measure::Median;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use std::process::Command;
use std::time::Instant;

const SEED: u64 = 3;

/// Times a training step of ResNet-20 in float64 with both engines.
#[derive(Parser)]
struct Arguments {
    /// Rounds; each gives one pair of steps.
    #[arg(long, default_value_t = 60)]
    pairs: usize,
    /// Images in a batch.
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Take three steps with one engine and print the memory that they needed, in KiB.
    #[arg(long, hide = true)]
    memory_of: Option<Engine>,
    /// Cargo passes this when it runs benches; without it, a short trial shows that all works.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    Reference,
    Tch,
}

/// An engine in training.
enum Session {
    Reference(reference::Session),
    Tch(gpu::Session),
}

impl Session {
    fn start(engine: Engine, case: &Case) -> Self {
        match engine {
            Engine::Reference => Session::Reference(reference::Session::start(case).unwrap()),
            Engine::Tch => {
                Session::Tch(gpu::Session::start(case, gpu::Options::default()).unwrap())
            }
        }
    }

    /// Seconds of one step.
    fn step(&mut self, step: &Step) -> f64 {
        let start = Instant::now();
        let losses = match self {
            Session::Reference(session) => session.advance(step).unwrap(),
            Session::Tch(session) => session.advance(step).unwrap(),
        };
        assert!(losses[0].is_finite(), "the training went astray: loss {}", losses[0]);
        start.elapsed().as_secs_f64()
    }
}

fn main() {
    let mut arguments = Arguments::parse();
    if !arguments.bench {
        (arguments.pairs, arguments.batch) = (2, 4);
    }
    let case = resnet20(arguments.batch);
    if let Some(engine) = arguments.memory_of {
        return print_memory(engine, &case);
    }
    println!("ResNet-20, batch {}, float64", arguments.batch);
    println!("machine: {}", machine(gpu::Device::Cpu));
    println!("commit: {}", commit());
    println!("command: cargo bench -p conformance --profile dev --bench oracle");
    race(&case, arguments.pairs);
    let [reference, tch] = ["reference", "tch"].map(|engine| memory_of(engine, arguments.batch));
    let ratio = reference / tch;
    println!(
        "peak memory of the steps: reference {reference:.0} MiB, tch {tch:.0} MiB, {ratio:.2}×"
    );
}

fn race(case: &Case, pairs: usize) {
    let engines = [Engine::Reference, Engine::Tch, Engine::Reference];
    let mut sessions = engines.map(|engine| Session::start(engine, case));
    let mut times = [const { Vec::new() }; 3];
    for round in 0..pairs + 1 {
        for (session, times) in sessions.iter_mut().zip(&mut times) {
            let seconds = session.step(&case.steps[0]);
            // The first round warms up.
            if round > 0 {
                times.push(seconds);
            }
        }
    }
    let [reference, tch, again] = times;
    let milliseconds = |times: &[f64]| 1e3 * Median::of(times.to_vec()).middle;
    println!(
        "{pairs} rounds, medians: reference {:.1} ms, tch {:.1} ms",
        milliseconds(&reference),
        milliseconds(&tch)
    );
    for (name, others) in [("reference / tch", &tch), ("reference / reference", &again)] {
        let ratios = reference.iter().zip(others).map(|(a, b)| a / b).collect();
        let Median { low, middle, high } = Median::of(ratios);
        println!("{name}: {middle:.3} [{low:.3}, {high:.3}]");
    }
}

/// A case of one step with random images and labels.
fn resnet20(batch: usize) -> Case {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let layers = fixtures::run::Model::Resnet20.layers();
    let parameters = model::parameters(&layers)
        .into_iter()
        .map(|spec| {
            let count = spec.shape.iter().product();
            let values = match spec.shape[..] {
                [_] if spec.name.ends_with(".bias") => vec![0.0; count],
                [_] => vec![1.0; count],
                _ => {
                    let fan_in: usize = spec.shape[1..].iter().product();
                    normal(&mut rng, count, (2.0 / fan_in as f64).sqrt())
                }
            };
            (spec.name, Tensor::new(spec.shape, values))
        })
        .collect();
    let buffers = model::buffers(&layers)
        .into_iter()
        .map(|spec| {
            let value = if spec.name.ends_with("running_var") { 1.0 } else { 0.0 };
            let count = spec.shape.iter().product();
            (spec.name, Tensor::new(spec.shape, vec![value; count]))
        })
        .collect();
    let forward = Forward {
        mode: Mode::Train,
        input: Tensor::new([batch, 3, 32, 32], normal(&mut rng, batch * 3 * 32 * 32, 1.0)),
        target: Target::Classes((0..batch).map(|_| rng.random_range(0..10)).collect()),
        loss_scale: 1.0,
    };
    Case {
        schema: CaseSchema::V1,
        name: "resnet20".to_owned(),
        description: "One step for the clock.".to_owned(),
        clauses: Vec::new(),
        dtype: CaseDtype::Float64,
        model: layers,
        loss: Loss::CrossEntropy { label_smoothing: 0.0 },
        optimizer: Optimizer {
            lr: 0.1,
            betas: [0.9, 0.999],
            eps: 1e-8,
            weight_decay: 0.002,
            groups: Vec::new(),
        },
        parameters,
        buffers,
        state: None,
        steps: vec![Step { lr: None, skip: false, forwards: vec![forward] }],
    }
}

fn normal(rng: &mut ChaCha8Rng, count: usize, deviation: f64) -> Vec<f64> {
    (0..count).map(|_| deviation * rng.sample::<f64, _>(StandardNormal)).collect()
}

/// Peak memory of the steps in MiB, from a process that runs one engine only.
fn memory_of(engine: &str, batch: usize) -> f64 {
    let program = std::env::current_exe().unwrap();
    let batch = batch.to_string();
    let arguments = ["--bench", "--batch", &batch, "--memory-of", engine];
    let output = Command::new(program).args(arguments).output().unwrap();
    let kibibytes: f64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    kibibytes / 1024.0
}

fn print_memory(engine: Engine, case: &Case) {
    let mut session = Session::start(engine, case);
    let before = status("VmRSS:");
    for _ in 0..3 {
        session.step(&case.steps[0]);
    }
    println!("{}", status("VmHWM:") - before);
}

/// A line of this process's status, in KiB.
fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let value = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    value.trim().trim_end_matches(" kB").parse().unwrap()
}
