//! What is still to be run.

use crate::judging::verdict;
use crate::synthetic::{
    Quality, RESNET20, Synthetic, USUAL, all_optimizers, directory, experiment,
};
use fixtures::run::Optim;
use paper::{Claims, Open, Plan, Round, Verdict, find};

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
