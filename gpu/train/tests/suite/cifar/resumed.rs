//! Resuming equals never having stopped.

use super::program::{STEPS, Workplace, assert_same, ends_with, finished, lines};
use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;
use train::archive::Archive;

const OPTIMIZERS: [&str; 4] = ["adaact", "sgd", "adam --lr 0.001", "adamw --lr 0.001"];

#[test]
fn a_run_that_was_stopped_within_an_epoch_ends_as_one_that_was_not() {
    let place = Workplace::new();
    for (number, optimizer) in OPTIMIZERS.iter().enumerate() {
        for dtype in ["float32", "float64"] {
            let flags = format!("--epoch 2 --dtype {dtype} --optim {optimizer}");
            let (whole, parts) = (format!("whole{number}{dtype}"), format!("parts{number}{dtype}"));
            let logged = |out: &str| format!("{flags} --log_steps {out}.jsonl");
            ends_with(&mut place.cifar(&whole, &logged(&whole)), 0);

            // In the middle of the first epoch, at its end, in the middle of the second.
            for steps in [2, STEPS, STEPS + 1] {
                let part = format!("{} --resume --steps {steps}", logged(&parts));
                ends_with(&mut place.cifar(&parts, &part), 0);
            }
            ends_with(&mut place.cifar(&parts, &format!("{} --resume", logged(&parts))), 0);

            let [whole_run, parts_run] = [&whole, &parts].map(|out| place.run_directory(out));
            assert_same(&whole_run, &parts_run);
            let steps = [&whole, &parts].map(|out| lines(&place.path(&format!("{out}.jsonl"))));
            assert_eq!(steps[0].len() as u64, 2 * STEPS);
            assert_eq!(steps[0], steps[1]);
            let events = [&whole_run, &parts_run]
                .map(|run| fs::metadata(run.join(train::events::EVENTS_FILE)).unwrap().len());
            assert_eq!(events[0], events[1], "no event is missing or double");
        }
    }
}

#[test]
fn what_comes_after_the_checkpoint_is_cut_off() {
    let place = Workplace::new();
    let flags = "--optim adaact --epoch 2 --log_steps steps.jsonl";
    ends_with(&mut place.cifar("runs", &format!("{flags} --steps {STEPS}")), 0);
    // Left by a process that was killed before it saved.
    let run = place.run_directory("runs");
    for file in [run.join("metrics.jsonl"), place.path("steps.jsonl")] {
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{text}{text}{{\"epo")).unwrap();
    }
    ends_with(&mut place.cifar("runs", &format!("{flags} --resume")), 0);
    let steps: Vec<_> = lines(&place.path("steps.jsonl"))
        .iter()
        .map(|line| line["step"].as_u64().unwrap())
        .collect();
    assert_eq!(steps, (0..2 * STEPS).collect::<Vec<_>>());
    let record = fixtures::run::Record::read(&run).unwrap();
    assert!(record.is_finished());
}

#[test]
fn a_signal_finishes_the_step_and_saves() {
    let place = Workplace::new();
    let flags = "--optim adaact --epoch 1000 --log_steps steps.jsonl";
    for signal in ["INT", "TERM"] {
        let child = place.cifar("runs", &format!("{flags} --resume")).spawn().unwrap();
        let metrics = || place.run_directory("runs").join("metrics.jsonl");
        let before = fs::metadata(place.path("runs")).map_or(0, |_| lines(&metrics()).len());
        while fs::metadata(place.path("runs")).is_err() || lines_so_far(&metrics()) <= before {
            sleep(Duration::from_millis(20));
        }
        let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let message = finished(child, 130);
        assert!(message.contains("Go on with the same command and --resume"), "{message}");
        let last = Archive::read(&place.run_directory("runs").join("last.safetensors")).unwrap();
        let header: serde_json::Value = serde_json::from_str(&last.metadata["checkpoint"]).unwrap();
        let position = &header["position"];
        let done =
            position["epoch"].as_u64().unwrap() * STEPS + position["batch"].as_u64().unwrap();
        assert_eq!(lines(&place.path("steps.jsonl")).len() as u64, done);
    }
}

/// Finished lines of a file that may not be there yet.
fn lines_so_far(path: &std::path::Path) -> usize {
    fs::read_to_string(path).map_or(0, |text| text.matches('\n').count())
}

#[test]
fn a_finished_run_stays_as_it_is() {
    let place = Workplace::new();
    let flags = "--optim sgd --epoch 1";
    ends_with(&mut place.cifar("runs", flags), 0);
    let metrics = place.run_directory("runs").join("metrics.jsonl");
    let before = fs::read(&metrics).unwrap();
    ends_with(&mut place.cifar("runs", &format!("{flags} --resume")), 0);
    assert_eq!(fs::read(&metrics).unwrap(), before);
}
