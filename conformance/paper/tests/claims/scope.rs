//! Which runs speak for the paper: stand-ins and rehearsals never do, others are set aside.

use crate::judging::{printed, sifted, table};
use crate::synthetic::{
    RESNET20, Synthetic, USUAL, all_optimizers, all_optimizers_over, directory, experiment,
};
use fixtures::run::{MixedPrecision, Optim, Recipe};
use paper::{Claims, Open, Plan, Report, Verdict, find, sift};

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

    let sifted = sifted(&claims, &stand_ins, 200);
    let report = Report::new(&claims, &sifted, 200);
    assert!(!report.refutes());
    let printed = printed(&report);
    let note = "on the stand-in cifar10-jpeg75, no verdict on the paper";
    let confirmed: Vec<_> =
        printed.lines().filter(|line| line.trim().starts_with("confirmed: acc")).collect();
    assert_eq!(confirmed.len(), 3);
    assert!(confirmed.iter().all(|line| line.ends_with(&format!("[{note}]"))), "{printed}");
    assert!(printed.contains("images cifar10-jpeg75 (a stand-in), 200 epochs: on"), "{printed}");
}

#[test]
fn a_rehearsal_says_so_in_every_verdict_and_heading() {
    let of = experiment(RESNET20);
    let short = all_optimizers_over(3, of);
    let stand_in = all_optimizers_over(3, of).into_iter().map(Synthetic::on_stand_in);
    let runs: Vec<_> = short.into_iter().chain(stand_in).collect();
    let claims = Claims::committed().unwrap();
    let printed = |epochs| {
        let sifted = sifted(&claims, &runs, epochs);
        let report = Report::new(&claims, &sifted, epochs);
        assert!(!report.refutes());
        printed(&report)
    };
    let short = printed(3);
    let verdicts = ["confirmed: ", "refuted: ", "undecided", "not run: "];
    let verdict = |line: &&str| verdicts.iter().any(|name| line.trim().starts_with(name));
    let heading = |line: &&str| line.starts_with("cifar");
    for line in short.lines().filter(|line| heading(line) || verdict(line)) {
        assert!(line.contains("rehearsal of 3 epochs"), "{line}");
        assert!(line.contains("no verdict on the paper"), "{line}");
    }
    // Five tables of five verdicts; in two of them three losses have one each. A line for each set
    // of images at the end.
    assert_eq!(short.lines().filter(heading).count(), 5 + 3, "{short}");
    assert_eq!(short.lines().filter(verdict).count(), 5 * 5 + 2 * 3, "{short}");
    assert!(short.contains("confirmed: accuracy-above-adam: "), "{short}");

    // Without being asked for, they do not count.
    let printed = printed(200);
    assert!(!printed.contains("confirmed: ") && !printed.contains("rehearsal"), "{printed}");
    assert!(printed.contains("adam-0 is not of the recipe: epoch is 3, not 200"), "{printed}");
    let mut plan = Vec::new();
    Plan::new(&claims, &[], 3, "cuda").text(&mut plan).unwrap();
    let plan = String::from_utf8(plan).unwrap();
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
