//! `conformance paper` over runs that nobody made: every verdict on every claim, and what must
//! never become one.

#[path = "paper/synthetic.rs"]
mod synthetic;

use fixtures::run::{MixedPrecision, Optim, Recipe};
use paper::{
    Claim, Claims, Experiment, Kind, Open, Plan, Report, Round, Sifted, Table, Verdict, find, sift,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use std::process::{Command, Stdio};
use synthetic::{Quality, RESNET20, Synthetic, USUAL, directory, experiment};

/// Of the noise in synthetic runs.
const SEED: u64 = 20_241_209;

/// What is printed, and the exit code.
fn paper(arguments: &[&str]) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .arg("paper")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (text(output.stdout) + &text(output.stderr), code)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn snapshot(name: &str, printed: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, printed);
    });
}

fn sifted(claims: &Claims, runs: &[Synthetic], epochs: u64) -> Sifted {
    sift(&find(directory(runs).path()).unwrap(), claims, epochs)
}

/// The verdict on one claim by runs of 200 epochs.
fn verdict(claim: &Claim, experiment: Experiment, runs: &[Synthetic]) -> Verdict {
    let claims = Claims::committed().unwrap();
    let sifted = sifted(&claims, runs, 200);
    assert_eq!(sifted.aside, [], "all runs count");
    let report = Report::new(&claims, &sifted, 200);
    let table = table(&report, experiment, experiment.dataset.name());
    let is_it = |claim: &Claim, id: &str| claim.id == id;
    let judgement = table.judgements.iter().find(|judged| is_it(judged.claim, &claim.id));
    judgement.unwrap().verdict.clone()
}

fn table<'r>(report: &'r Report, experiment: Experiment, images: &str) -> &'r Table<'r> {
    let is_it =
        |table: &&Table| table.scope.experiment == experiment && table.scope.images == images;
    report.tables.iter().find(is_it).unwrap()
}

/// Runs in which AdaAct is better than the claim's bound by these gains, seed by seed: a point, two
/// epochs or a twentieth of the time each.
fn runs(claim: &Claim, experiment: Experiment, gains: &[f64]) -> Vec<Synthetic> {
    let bound = claim.kind.bound(claim.margin);
    let better = |gain: f64| match claim.kind {
        Kind::AccuracyAbove | Kind::AccuracyAtLeast => {
            Quality { accuracy: USUAL.accuracy + bound + gain, ..USUAL }
        }
        Kind::EpochsToLoss => Quality { delay: -(bound + 2.0 * gain).round() as i64, ..USUAL },
        Kind::EpochTime => {
            Quality { seconds: USUAL.seconds * (-(bound + 0.05 * gain)).exp(), ..USUAL }
        }
    };
    let pair = |(seed, &gain): (usize, &f64)| {
        let run = |optim, quality| Synthetic::new(experiment, optim, seed as u64, quality);
        [run(Optim::Adaact, better(gain)), run(claim.against, USUAL)]
    };
    gains.iter().enumerate().flat_map(pair).collect()
}

/// All claims, with each experiment that they are made of.
fn each_claim(mut act: impl FnMut(&Claim, Experiment)) {
    let claims = Claims::committed().unwrap();
    for claim in &claims.claims {
        claim.experiments.iter().for_each(|&experiment| act(claim, experiment));
    }
}

#[test]
fn every_claim_reaches_every_verdict() {
    println!("seed {SEED}");
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut judged = 0;
    each_claim(|claim, experiment| {
        let mut around = |gain: f64| [gain; 4].map(|gain| gain + rng.random_range(-0.1..0.1));
        let (better, worse) = (around(2.0), around(-2.0));
        let verdict = |gains: &[f64]| verdict(claim, experiment, &runs(claim, experiment, gains));
        let place = format!("{} of {experiment}", claim.id);

        assert_eq!(verdict(&better), Verdict::Confirmed, "{place}");
        assert_eq!(verdict(&worse), Verdict::Refuted, "{place}");
        assert_eq!(verdict(&[]), Verdict::NotRun, "{place}");
        let few = Verdict::Undecided(Open::Needs { pairs: 1, runs: 2 });
        assert_eq!(verdict(&better[..2]), few, "{place}");
        assert_eq!(verdict(&worse[..2]), few, "{place}");
        // Enough pairs, which disagree.
        for gains in [[3.0, -1.0, 1.0], [-3.0, 1.0, -1.0]] {
            let found = verdict(&gains);
            let Verdict::Undecided(Open::Needs { pairs, runs }) = found else {
                panic!("{place}: {found:?}")
            };
            assert!(pairs >= 1 && runs == 2 * pairs, "{place}: {found:?}");
        }
        let scattered = verdict(&[3.0, -3.0, 1.0, -1.0]);
        assert_eq!(scattered, Verdict::Undecided(Open::OnTheBound), "{place}");
        judged += 1;
    });
    assert_eq!(judged, 5 * 4);
}

/// However good its other numbers are.
#[test]
fn a_run_that_diverged_confirms_no_claim() {
    each_claim(|claim, experiment| {
        for diverging in [0, 1] {
            let mut runs = runs(claim, experiment, &[2.0, 2.1, 1.9, 2.05]);
            let run = runs[diverging].clone();
            let [spoilt, stopped, loss] = [
                run.clone().with_epochs(|epochs| epochs[199].test_accuracy = f64::NAN),
                run.clone().diverging_after(100),
                run.clone().with_epochs(|epochs| epochs[150].train_loss = f64::NAN),
            ];
            for diverged in [spoilt, stopped, loss] {
                runs[diverging] = diverged;
                let found = verdict(claim, experiment, &runs);
                assert!(matches!(found, Verdict::Undecided(_)), "{}: {found:?}", claim.id);
            }
        }
    });
}

/// The accuracy at which training ended counts, and 0 if that is not a number.
#[test]
fn an_optimizer_that_always_diverges_is_refuted() {
    let (claims, of) = (Claims::committed().unwrap(), experiment(RESNET20));
    for claim in claims.of(of).filter(|claim| claim.kind != Kind::EpochTime) {
        for accuracy in [10.0, f64::NAN] {
            let runs = runs(claim, of, &[2.0, 2.1, 1.9]).into_iter().map(|run| {
                let early = run.clone().diverging_after(5);
                let early = early.with_epochs(|epochs| epochs[4].test_accuracy = accuracy);
                if run.run.settings.optim == Optim::Adaact { early } else { run }
            });
            assert_eq!(verdict(claim, of, &runs.collect::<Vec<_>>()), Verdict::Refuted);
        }
    }
}

#[test]
fn missing_times_and_losses_that_nobody_reached_confirm_nothing() {
    let (claims, of) = (Claims::committed().unwrap(), experiment(RESNET20));
    let blocked = |kind: Kind, change: &dyn Fn(Synthetic) -> Synthetic| {
        let claim = claims.of(of).find(|claim| claim.kind == kind).unwrap();
        let mut runs = runs(claim, of, &[2.0, 2.1, 1.9, 2.05]);
        runs = runs.into_iter().map(change).collect();
        match verdict(claim, of, &runs) {
            Verdict::Undecided(Open::Blocked(why)) => why,
            found => panic!("{kind:?}: {found:?}"),
        }
    };
    let untimed = blocked(Kind::EpochTime, &|run| match run.run.settings.seed {
        2 => run.with_epochs(|epochs| epochs[7].train_seconds = f64::NAN),
        _ => run,
    });
    assert_eq!(untimed, "seed 2 has an epoch without a time");
    let unreached = blocked(Kind::EpochsToLoss, &|run| {
        run.with_epochs(|epochs| epochs.iter_mut().for_each(|epoch| epoch.train_loss = 0.4))
    });
    assert_eq!(unreached, "seed 0 has neither reach the loss 0.3");

    let claim = claims.of(of).find(|claim| claim.kind == Kind::EpochsToLoss).unwrap();
    let never =
        |run: Synthetic| run.with_epochs(|all| all.iter_mut().for_each(|e| e.train_loss = 2.0));
    let runs: Vec<_> = runs(claim, of, &[2.0]).into_iter().map(never).collect();
    let (printed, _) = paper(&["--runs", text(directory(&runs).path())]);
    let words = "loss 0.3: in some pair neither adaact nor adam reached it";
    assert!(printed.contains(words) && !printed.contains("NaN"), "{printed}");
}

/// One loss not reached in time refutes, though the others are.
#[test]
fn a_claim_on_several_losses_is_refuted_by_one() {
    let (claims, of) = (Claims::committed().unwrap(), experiment(RESNET20));
    let claim = claims.of(of).find(|claim| claim.kind == Kind::EpochsToLoss).unwrap();
    let runs = runs(claim, of, &[2.0, 2.1, 1.9, 2.05]).into_iter().map(|run| {
        let late = run.clone().with_epochs(|epochs| {
            epochs.iter_mut().for_each(|epoch| epoch.train_loss = epoch.train_loss.max(0.5));
        });
        if run.run.settings.optim == Optim::Adaact { late } else { run }
    });
    assert_eq!(verdict(claim, of, &runs.collect::<Vec<_>>()), Verdict::Refuted);
}

/// As if they had reached it just after the end.
#[test]
fn others_that_never_reach_a_loss_are_slower() {
    let (claims, of) = (Claims::committed().unwrap(), experiment(RESNET20));
    let claim = claims.of(of).find(|claim| claim.kind == Kind::EpochsToLoss).unwrap();
    let never = |run: Synthetic| {
        run.with_epochs(|epochs| {
            epochs.iter_mut().for_each(|epoch| epoch.train_loss = epoch.train_loss.max(0.5));
        })
    };
    let never_other = |run: Synthetic| match run.run.settings.optim {
        Optim::Adaact => run,
        _ => never(run),
    };
    let runs: Vec<_> = runs(claim, of, &[2.0, 2.0, 2.0]).into_iter().map(never_other).collect();
    assert_eq!(verdict(claim, of, &runs), Verdict::Confirmed);

    // AdaAct not reaching it once is an obstacle, though the mean is far above the bound.
    let mut once = runs;
    once[1] = Synthetic::new(of, claim.against, 0, USUAL);
    once[0] = never(once[0].clone());
    let found = verdict(claim, of, &once);
    let why = "seed 0 has adaact not reach the loss 0.3".to_owned();
    assert_eq!(found, Verdict::Undecided(Open::Blocked(why)));
}

/// The epoch that is judged is the last, whatever the best.
#[test]
fn the_last_epoch_is_judged() {
    let (claims, of) = (Claims::committed().unwrap(), experiment(RESNET20));
    let claim = claims.of(of).find(|claim| claim.kind == Kind::AccuracyAbove).unwrap();
    let runs = runs(claim, of, &[-2.0, -2.1, -1.9]).into_iter().map(|run| {
        let peak = run.clone().with_epochs(|epochs| epochs[100].test_accuracy = 99.0);
        if run.run.settings.optim == Optim::Adaact { peak } else { run }
    });
    assert_eq!(verdict(claim, of, &runs.collect::<Vec<_>>()), Verdict::Refuted);
}

/// Four runs, but no two on one machine.
#[test]
fn times_are_compared_on_one_machine_only() {
    let (claims, of) = (Claims::committed().unwrap(), experiment(RESNET20));
    let claim = claims.of(of).find(|claim| claim.kind == Kind::EpochTime).unwrap();
    let mut elsewhere = runs(claim, of, &[2.0, 2.1, 1.9]);
    for run in elsewhere.iter_mut().filter(|run| run.run.settings.optim == Optim::Sgd) {
        run.run.environment.machine = "another one".into();
    }
    let none = Verdict::Undecided(Open::Needs { pairs: 3, runs: 6 });
    assert_eq!(verdict(claim, of, &elsewhere), none);

    let found = find(directory(&elsewhere).path()).unwrap();
    let plan = Plan::new(&claims, &found, 200, "cuda");
    let here: Vec<_> = plan.trainings.iter().filter(|training| training.experiment == of).collect();
    let has = |optim: &str, seed: u64| {
        let (optim, seed) = (format!("--optim {optim} "), format!("--run {seed} "));
        here.iter().any(|one| one.command.contains(&optim) && one.command.contains(&seed))
    };
    assert!((3..6).all(|seed| has("adaact", seed) && has("sgd", seed)));
    assert!((0..3).all(|seed| has("adam", seed) && !has("adaact", seed) && !has("sgd", seed)));
}

/// Half-done pairs are completed first.
#[test]
fn the_runs_that_are_missing_are_counted_and_planned() {
    let (claims, of) = (Claims::committed().unwrap(), experiment(RESNET20));
    let claim = claims.of(of).find(|claim| claim.against == Optim::Adamw).unwrap();
    let adaact = |seed| Synthetic::new(of, Optim::Adaact, seed, USUAL);
    let runs = [adaact(0), adaact(7)];
    let found = verdict(claim, of, &runs);
    assert_eq!(found, Verdict::Undecided(Open::Needs { pairs: 3, runs: 4 }));

    let plan = Plan::new(&claims, &find(directory(&runs).path()).unwrap(), 200, "cuda");
    let ours = plan.trainings.iter().filter(|training| training.experiment == of);
    let run = |command: &str| {
        let words: Vec<_> = command.split(' ').collect();
        let after = |flag| words[words.iter().position(|word| *word == flag).unwrap() + 1];
        format!("{} {}", after("--optim"), after("--run"))
    };
    let runs: Vec<_> = ours.map(|training| run(&training.command)).collect();
    let expected = [
        "sgd 0", "adam 0", "adamw 0", "adaact 1", "sgd 1", "adam 1", "adamw 1", "sgd 7", "adam 7",
        "adamw 7",
    ];
    assert_eq!(runs, expected);
}

/// What lacks the fewest pairs comes before what only lacks certainty.
#[test]
fn more_pairs_come_after_the_fewest_of_every_experiment() {
    let (claims, of) = (Claims::committed().unwrap(), experiment(RESNET20));
    let mut runs = all_optimizers(of);
    for run in runs.iter_mut().filter(|run| run.run.settings.optim == Optim::Adam) {
        run.epochs[199].test_accuracy += [0.0, 1.5, 0.6][run.run.settings.seed as usize];
    }
    let plan = Plan::new(&claims, &find(directory(&runs).path()).unwrap(), 200, "cuda");
    let rounds: Vec<_> = plan.trainings.iter().map(|training| training.round).collect();
    assert_eq!(rounds[..36], [Round::Fewest; 36]);
    assert!(rounds.len() > 36 && rounds[36..].iter().all(|round| *round == Round::More));
    let late = &plan.trainings[36..];
    assert!(late.iter().all(|training| training.experiment == of));
    assert!(late[0].command.contains("--optim adaact") && late[0].command.contains("--run 3 "));
    assert!(late[1].command.contains("--optim adam ") && late[1].command.contains("--run 3 "));
}

/// A stand-in on which every claim holds leaves the published images without a run.
#[test]
fn stand_ins_never_speak_for_the_published_images() {
    let (claims, of) = (Claims::committed().unwrap(), experiment(RESNET20));
    let all = all_optimizers(of);
    let stand_ins: Vec<_> = all.iter().cloned().map(Synthetic::on_stand_in).collect();
    let report = |runs: &[Synthetic]| {
        let sifted = sifted(&claims, runs, 200);
        let report = Report::new(&claims, &sifted, 200);
        let verdicts = |images| {
            let table = table(&report, of, images);
            table.judgements.iter().map(|judged| judged.verdict.clone()).collect::<Vec<_>>()
        };
        let labels: Vec<_> = report.tables.iter().map(|table| table.scope.images.clone()).collect();
        (verdicts("cifar10"), verdicts("cifar10-jpeg75"), labels)
    };
    let (published, stand_in, labels) = report(&stand_ins);
    assert!(published.iter().all(|verdict| *verdict == Verdict::NotRun), "{published:?}");
    assert!(stand_in.iter().all(|verdict| *verdict == Verdict::Confirmed), "{stand_in:?}");
    assert_eq!(labels, ["cifar10", "cifar10", "cifar100", "cifar100", "cifar10-jpeg75"]);

    // AdaAct on one, the others on the other: no pair anywhere.
    let (adaact, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|run| run.run.settings.optim == Optim::Adaact);
    let crossed: Vec<_> =
        adaact.into_iter().chain(others.into_iter().map(Synthetic::on_stand_in)).collect();
    let (published, stand_in, _) = report(&crossed);
    let undecided =
        |verdict: &Verdict| *verdict == Verdict::Undecided(Open::Needs { pairs: 3, runs: 3 });
    assert!(published.iter().chain(&stand_in).all(undecided), "{published:?} {stand_in:?}");

    let folder = directory(&stand_ins);
    let (printed, code) = paper(&["--runs", text(folder.path())]);
    assert_eq!(code, 0);
    let note = "on the stand-in cifar10-jpeg75, no verdict on the paper";
    let confirmed: Vec<_> =
        printed.lines().filter(|line| line.trim().starts_with("confirmed: acc")).collect();
    assert_eq!(confirmed.len(), 3);
    assert!(confirmed.iter().all(|line| line.ends_with(&format!("[{note}]"))), "{printed}");
    assert!(printed.contains("images cifar10-jpeg75 (a stand-in), 200 epochs: on"), "{printed}");
}

/// Three runs of every optimizer, by which every claim is confirmed.
fn all_optimizers(experiment: Experiment) -> Vec<Synthetic> {
    all_optimizers_over(200, experiment)
}

fn all_optimizers_over(length: u64, experiment: Experiment) -> Vec<Synthetic> {
    let run = |seed: u64, optim| {
        let better = if optim == Optim::Adaact { 1.0 + seed as f64 / 10.0 } else { 0.0 };
        let quality = Quality { accuracy: USUAL.accuracy + better, ..USUAL };
        Synthetic::over(length, experiment, optim, seed, quality)
    };
    (0..3).flat_map(|seed| Optim::ALL.map(|optim| run(seed, optim))).collect()
}

#[test]
fn a_rehearsal_says_so_in_every_verdict_and_heading() {
    let of = experiment(RESNET20);
    let short = all_optimizers_over(3, of);
    let stand_in = all_optimizers_over(3, of).into_iter().map(Synthetic::on_stand_in);
    let folder = directory(&short.into_iter().chain(stand_in).collect::<Vec<_>>());
    let runs = text(folder.path());

    let (printed, code) = paper(&["--runs", runs, "--epochs", "3"]);
    assert_eq!(code, 0);
    let verdicts = ["confirmed: ", "refuted: ", "undecided", "not run: "];
    let verdict = |line: &&str| verdicts.iter().any(|name| line.trim().starts_with(name));
    let heading = |line: &&str| line.starts_with("cifar");
    for line in printed.lines().filter(|line| heading(line) || verdict(line)) {
        assert!(line.contains("rehearsal of 3 epochs"), "{line}");
        assert!(line.contains("no verdict on the paper"), "{line}");
    }
    // Five tables of five verdicts; in two of them three losses have one each. A line for each set
    // of images at the end.
    assert_eq!(printed.lines().filter(heading).count(), 5 + 3, "{printed}");
    assert_eq!(printed.lines().filter(verdict).count(), 5 * 5 + 2 * 3, "{printed}");
    assert!(printed.contains("confirmed: accuracy-above-adam: "), "{printed}");

    // Without being asked for, they do not count.
    let (printed, code) = paper(&["--runs", runs]);
    assert_eq!(code, 0);
    assert!(!printed.contains("confirmed: ") && !printed.contains("rehearsal"), "{printed}");
    assert!(printed.contains("adam-0 is not of the recipe: epoch is 3, not 200"), "{printed}");
    let (plan, _) = paper(&["--plan", "--epochs", "3"]);
    assert!(plan.starts_with("# still to run on cuda for a rehearsal of 3 epochs, no verdict on"));
}

#[test]
fn what_does_not_count_is_set_aside_with_the_reason() {
    let of = experiment(RESNET20);
    let run = |optim, seed| Synthetic::new(of, optim, seed, USUAL);
    let runs = [
        run(Optim::Adaact, 0),
        run(Optim::Adaact, 0).with(|settings| settings.threads = 7),
        run(Optim::Adaact, 1).with(|settings| (settings.lr, settings.beta2) = (0.05, 0.99)),
        run(Optim::Adaact, 2).with_epochs(|epochs| epochs.truncate(57)),
        run(Optim::Adaact, 3).with(|settings| settings.images_sha256 = "ef".repeat(32)),
        run(Optim::Adaact, 4).with_epochs(|epochs| epochs[3].images = 1000),
        run(Optim::Adaact, 5).with(|settings| settings.init_sha256 = Some("00".repeat(32))),
        run(Optim::Adaact, 6).with(|settings| settings.images = "cifar100".into()),
        run(Optim::Sgd, 0).with(|settings| settings.beta1 = 0.5), // which SGD does not use
        run(Optim::Sgd, 1).with(|settings| settings.momentum = f64::NAN),
        run(Optim::Sgd, 2).with(|settings| settings.dtype = fixtures::Dtype::Float64),
        run(Optim::Sgd, 3)
            .with(|settings| settings.recipe = Recipe::Cifar { augment: false, shuffle: true }),
        run(Optim::Sgd, 4).with(|settings| settings.micro_batches = 2),
        run(Optim::Sgd, 5)
            .with(|settings| settings.mixed_precision = Some(MixedPrecision::Bfloat16)),
    ];
    let folder = directory(&runs);
    let broken = folder.path().join("broken");
    run(Optim::Sgd, 9).write(&broken);
    std::fs::write(broken.join("metrics.jsonl"), "{}\n").unwrap();

    let claims = Claims::committed().unwrap();
    let sifted = sift(&find(folder.path()).unwrap(), &claims, 200);
    let counted: Vec<_> = sifted.counted.iter().map(|run| run.path.as_str()).collect();
    assert_eq!(counted, ["cifar10/resnet20/adaact-0", "cifar10/resnet20/sgd-0"]);
    let aside: Vec<_> =
        sifted.aside.iter().map(|run| format!("{} {}", run.path, run.reason)).collect();
    let (first, rest) = aside.split_first().unwrap();
    assert!(first.starts_with("broken cannot be read: ") && first.contains("line 1"), "{first}");
    let expected = [
        "adaact-0-1 is adaact with seed 0 again, as cifar10/resnet20/adaact-0",
        "adaact-1 is not of the recipe: lr is 0.05, not 0.1, beta2 is 0.99, not 0.999",
        "adaact-2 is unfinished: has 57 of 200 epochs",
        "adaact-3 has other images than most runs that call theirs cifar10",
        "adaact-4 epoch 3 trained on 1000 images, not 50000",
        "adaact-5 is not of the recipe: initial weights come from a file, not from the seed",
        "sgd-1 is not of the recipe: momentum is NaN, not 0.9",
        "sgd-2 is not of the recipe: dtype is float64, not float32",
        "sgd-3 is not of the recipe: augment is false, not true",
        "sgd-4 is not of the recipe: micro_batches is 2, not 1",
        "sgd-5 is not of the recipe: mixed_precision is bfloat16, not none",
    ]
    .map(|line| format!("cifar10/resnet20/{line}"));
    let (last, rest) = rest.split_last().unwrap();
    assert_eq!(rest, expected);
    let other = "cifar100/resnet20/adaact-6 its images are cifar100, its classes cifar10";
    assert_eq!(last, other);
}

#[test]
fn a_plan_takes_its_times_from_runs_of_the_same_network_and_device() {
    let (claims, of) = (Claims::committed().unwrap(), experiment(RESNET20));
    let timed = |optim, seconds: f64, device: &str| {
        let run = Synthetic::new(of, optim, 90, Quality { seconds, ..USUAL });
        run.with(|settings| settings.device = device.into())
            // Settings of no recipe: the pace counts all the same.
            .with(|settings| settings.lr = 0.7)
            // 20 s for 25,000 images are 40 s for an epoch.
            .with_epochs(|epochs| epochs.iter_mut().for_each(|epoch| epoch.images = 25_000))
    };
    let begun = Synthetic::new(of, Optim::Adaact, 1, Quality { seconds: 60.0, ..USUAL })
        .with_epochs(|epochs| epochs.truncate(150));
    let runs = [timed(Optim::Sgd, 20.0, "cuda"), timed(Optim::Sgd, 500.0, "cpu"), begun];
    let found = find(directory(&runs).path()).unwrap();
    let plan = Plan::new(&claims, &found, 200, "cuda");
    assert_eq!(plan.trainings.len(), 48);
    let of_run = |optim: &str, seed: u64| {
        let (optim, seed) = (format!("resnet20 --optim {optim} "), format!("--run {seed} "));
        let is_it = |command: &str| command.contains(&optim) && command.contains(&seed);
        plan.trainings.iter().find(|training| is_it(&training.command)).unwrap()
    };
    let seconds = |optim, seed| of_run(optim, seed).seconds.unwrap();
    assert!((seconds("sgd", 0) - 200.0 * (40.0 + 1.0)).abs() < 1e-6);
    assert!((seconds("adaact", 0) - 200.0 * (60.0 + 1.0)).abs() < 1e-6);
    // 150 of 200 epochs are done.
    assert!((seconds("adaact", 1) - 50.0 * (60.0 + 1.0)).abs() < 1e-6);
    assert_eq!(of_run("adaact", 1).done, 150);
    // No Adam was timed: by all runs of the network, 12.5 M images in 13,000 s, and 1 s.
    let pace = (200.0 * 20.0 + 150.0 * 60.0) / (200.0 * 25_000.0 + 150.0 * 50_000.0);
    assert!((seconds("adam", 0) - 200.0 * (50_000.0 * pace + 1.0)).abs() < 1e-6);
    assert_eq!(plan.unknown(), 36);
    let known = plan.trainings.iter().filter_map(|training| training.seconds).sum::<f64>();
    assert_eq!(plan.seconds(), known);

    let cpu = Plan::new(&claims, &found, 200, "cpu");
    let first = &cpu.trainings[0];
    assert!(first.command.ends_with("--run 0 --device cpu --resume"), "{}", first.command);
    assert!((first.seconds.unwrap() - 200.0 * (1000.0 + 1.0)).abs() < 1e-6);
}

/// The flags are those of the authors' program, to the letter.
#[test]
fn planned_commands_are_those_of_the_recipe() {
    let claims = Claims::committed().unwrap();
    let plan = Plan::new(&claims, &[], 200, "cuda");
    let commands: Vec<_> = plan.trainings.iter().map(|training| &training.command).collect();
    assert_eq!(
        commands[..4],
        [
            "cifar --model resnet20 --optim adaact --lr 0.1 --beta1 0.9 --beta2 0.999 --eps 1e-8 \
             --weight_decay 0.002 --batchsize 128 --epoch 200 --lr_scheduler cosine --run 0 \
             --device cuda --resume",
            "cifar --model resnet20 --optim sgd --lr 0.1 --momentum 0.9 --weight_decay 0.0005 \
             --batchsize 128 --epoch 200 --lr_scheduler cosine --run 0 --device cuda --resume",
            "cifar --model resnet20 --optim adam --lr 0.001 --beta1 0.9 --beta2 0.999 --eps 1e-8 \
             --weight_decay 0.0005 --batchsize 128 --epoch 200 --lr_scheduler cosine --run 0 \
             --device cuda --resume",
            "cifar --model resnet20 --optim adamw --lr 0.001 --beta1 0.9 --beta2 0.999 --eps 1e-8 \
             --weight_decay 0.5 --batchsize 128 --epoch 200 --lr_scheduler cosine --run 0 \
             --device cuda --resume",
        ]
    );
}

/// What is printed for people, of runs that have a little of everything.
#[test]
fn reports_and_plans_read_well() {
    let of = experiment(RESNET20);
    let wide = experiment("cifar100 densenet121");
    let mut runs = all_optimizers(of);
    for run in &mut runs {
        let seed = run.run.settings.seed as f64;
        match run.run.settings.optim {
            Optim::Sgd => run.epochs.iter_mut().for_each(|epoch| epoch.train_seconds += seed),
            Optim::Adam => run.epochs[199].test_accuracy += [0.0, 1.5, 0.6][seed as usize],
            Optim::Adamw => run.epochs[199].test_accuracy += 3.0 + 0.1 * (seed - 1.0).abs(),
            Optim::Adaact => {}
        }
    }
    runs.extend(all_optimizers(of).into_iter().take(2).map(Synthetic::on_stand_in));
    runs.push(Synthetic::new(wide, Optim::Adaact, 0, USUAL).diverging_after(20));
    runs.push(Synthetic::new(wide, Optim::Sgd, 0, USUAL).with_epochs(|epochs| epochs.truncate(90)));
    runs.push(Synthetic::new(of, Optim::Sgd, 8, USUAL).with(|settings| settings.lr = 0.2));
    let folder = directory(&runs);
    let runs = text(folder.path());
    let (report, code) = paper(&["--runs", runs]);
    snapshot("paper-report", &report);
    assert_eq!(code, 1); // AdamW is better
    let (plan, code) = paper(&["--runs", runs, "--plan"]);
    snapshot("paper-plan", &plan);
    assert_eq!(code, 0);

    let (json, code) = paper(&["--runs", runs, "--format", "json"]);
    assert_eq!((code, json.lines().count()), (1, 1));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let claims = json["tables"][0]["claims"].as_array().unwrap();
    let verdicts: Vec<_> = claims.iter().map(|claim| claim["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["undecided", "refuted", "confirmed", "confirmed", "confirmed"]);
    assert!(claims[0]["runs_needed"].as_u64().unwrap() > 0);
    assert_eq!(
        (&json["verdict"], json["set_aside"].as_array().unwrap().len()),
        (&"refuted".into(), 2)
    );
    let (plan, code) = paper(&["--plan", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    assert_eq!((code, plan["trainings"].as_array().unwrap().len()), (0, 48));
}

#[test]
fn input_that_cannot_be_used_ends_with_2_and_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let empty = text(folder.path());
    let (printed, code) = paper(&["--runs", empty]);
    assert_eq!(code, 2);
    assert!(printed.starts_with(&format!("error: {empty}: holds no run; ")), "{printed}");
    assert!(printed.contains("`conformance paper --plan` prints the commands"), "{printed}");
    assert_eq!(paper(&["--runs", empty, "--plan"]).1, 0);
    assert_eq!(paper(&["--plan"]).1, 0);

    let missing = folder.path().join("missing");
    for plan in [&[][..], &["--plan"]] {
        let (printed, code) = paper(&[&["--runs", text(&missing)], plan].concat());
        assert_eq!(code, 2);
        assert!(printed.contains("missing: is no directory"), "{printed}");
    }
    let (printed, code) = paper(&["--runs", empty, "--format", "json"]);
    assert!(code == 2 && printed.starts_with(r#"{"error":""#), "{printed}");

    // Runs of which none counts: nothing was run.
    let of = experiment(RESNET20);
    let unfinished = Synthetic::new(of, Optim::Sgd, 0, USUAL).with_epochs(Vec::clear);
    let (printed, code) = paper(&["--runs", text(directory([&unfinished]).path())]);
    assert_eq!(code, 0);
    assert!(printed.contains("is unfinished: has 0 of 200 epochs"), "{printed}");
}

#[test]
fn claims_that_cannot_be_read_are_refused_with_file_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    let committed = include_str!("../paper/claims.toml");
    let slot = r#"value = "not transcribed", source = "not transcribed""#;
    for (old, new, why) in [
        ("margin = 0.5", "margn = 0.5", "unknown field `margn`"),
        ("margin = 0.5", "margin = -0.5", r#"claim[2] "accuracy-of-sgd": margin: -0.5 is none"#),
        ("margin = 0.5", "margin = nan", "margin: NaN is none"),
        ("margin = 0.5\n", "", "missing field `margin`"),
        ("significance = 0.05", "significance = 0.7", "rules: significance: 0.7 is no level"),
        ("pairs = 3", "pairs = 1", "rules: pairs: 1 show no scatter"),
        ("power = 0.8", "power = nan", "rules: power: NaN"),
        ("momentum = 0.9", "beta1 = 0.9", "unknown field `beta1`"),
        ("lr = 0.1\nbeta1", "lr = inf\nbeta1", "recipe: adaact.lr: inf is invalid"),
        ("\"accuracy-of-sgd\"", "\"accuracy-above-adam\"", "id: comes twice"),
        ("\"epoch-time\"", "\"time\"", "unknown variant `time`"),
        ("losses = [1.0, 0.5, 0.3]\n", "", "losses: epochs-to-loss has some"),
        ("losses = [1.0,", "losses = [-1.0,", "losses: -1 is none"),
        ("[\"cifar10 resnet20\", ", "[\"cifar10 resnet50\", ", "\"resnet50\" is none of"),
        ("[\"cifar10 resnet20\", ", "[\"cifar100 resnet20\", ", "resnet20 is trained on cifar10"),
        ("against = \"sgd\"", "against = \"adaact\"", "against: "),
        ("adaact.claims/1", "adaact.claims/2", "unknown variant `adaact.claims/2`"),
        (slot, r#"value = 92.5, source = "not transcribed""#, "paper.test_accuracy[0]: source"),
        (slot, r#"value = "not transcribed", source = "table 1""#, "paper.test_accuracy[0]: value"),
        (slot, r#"value = "92.5", source = "table 1""#, "invalid value: string \"92.5\""),
        (slot, r#"value = 925, source = "table 1""#, "value: 925 is no per cent"),
    ] {
        assert!(committed.contains(old), "{old}");
        std::fs::write(&path, committed.replacen(old, new, 1)).unwrap();
        let (printed, code) = paper(&["--plan", "--claims", text(&path)]);
        assert_eq!(code, 2, "{new}: {printed}");
        assert!(printed.contains("mine.toml: ") && printed.contains(why), "{new}: {printed}");
    }
}

/// Nobody has copied a number yet; whoever does sees ours beside it.
#[test]
fn a_number_of_the_paper_is_shown_with_its_place() {
    let of = experiment(RESNET20);
    let folder = directory(&all_optimizers(of));
    let runs = text(folder.path());
    let (printed, _) = paper(&["--runs", runs]);
    assert_eq!(printed.matches("not transcribed").count(), 16);

    let path = folder.path().join("mine.toml");
    let slot = r#"value = "not transcribed", source = "not transcribed""#;
    let number = r#"value = 92, source = "table 9, row AdaAct""#;
    let mine = include_str!("../paper/claims.toml").replacen(slot, number, 1);
    std::fs::write(&path, mine.replacen("\"committed\"", "\"amended\"", 1)).unwrap();
    let (printed, _) = paper(&["--runs", runs, "--claims", text(&path)]);
    assert_eq!(printed.matches("not transcribed").count(), 15);
    // 91, 91.1 and 91.2 in the last epoch, a quarter more in the one before.
    let shown = "92.00           -0.90, -0.65 (table 9, row AdaAct)";
    assert!(printed.contains(shown), "{printed}");
    assert!(
        printed.contains("accuracy-above-adam (amended after runs had been seen): "),
        "{printed}"
    );
}
