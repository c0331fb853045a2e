//! What is refused, and that nothing is lost by it.

use super::program::{STEPS, Workplace, ends_with, finished, lines};
use fixtures::run::Record;
use std::collections::HashMap;
use std::fs;
use std::process::{Command, Stdio};
use tch::{Device, Kind, Tensor};
use train::archive::Archive;

#[track_caller]
fn assert_says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "no {word:?} in: {message}");
    }
}

#[test]
fn other_settings_than_the_checkpoints() {
    let place = Workplace::new();
    ends_with(&mut place.cifar("runs", "--optim sgd --epoch 2 --steps 1"), 0);
    let run = place.run_directory("runs");
    let before = fs::read(run.join("last.safetensors")).unwrap();
    // What is not in the name of the directory.
    let other = "--optim sgd --epoch 2 --resume --dtype float64 --seed 7 --no_augment";
    let message = ends_with(&mut place.cifar("runs", other), 2);
    let words = [
        "last.safetensors: was saved with other settings",
        "augment: true in the checkpoint, false now",
        "dtype: \"float32\" in the checkpoint, \"float64\" now",
        "seed: 0 in the checkpoint, 7 now",
        "--run N",
    ];
    assert_says(&message, &words);
    assert_eq!(fs::read(run.join("last.safetensors")).unwrap(), before);
}

#[test]
fn a_directory_that_holds_a_run() {
    let place = Workplace::new();
    ends_with(&mut place.cifar("runs", "--optim sgd --epoch 2 --steps 1"), 0);
    let message = ends_with(&mut place.cifar("runs", "--optim sgd --epoch 2"), 2);
    assert_says(&message, &["holds a run of these settings", "--resume", "--run N"]);
}

#[test]
fn a_directory_in_which_another_process_trains() {
    let place = Workplace::new();
    let flags = "--optim sgd --epoch 1000 --resume";
    let mut first = place.cifar("runs", flags).spawn().unwrap();
    let saved = || {
        let run = fs::read_dir(place.path("runs")).ok()?.next()?.ok()?.path();
        fs::metadata(run.join("last.safetensors")).ok()
    };
    while saved().is_none() {
        assert!(first.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let message = ends_with(&mut place.cifar("runs", flags), 2);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_says(&message, &["another process trains here", "--out DIR"]);
}

#[test]
fn a_directory_that_cannot_be_written() {
    let place = Workplace::new();
    // /proc refuses even the superuser.
    let message = ends_with(&mut place.cifar("/proc/runs", "--optim sgd"), 2);
    assert_says(&message, &["/proc/runs", "cannot be made", "--out"]);
    fs::write(place.path("file"), "").unwrap();
    let message = ends_with(&mut place.cifar("file", "--optim sgd"), 2);
    assert_says(&message, &["file/", "cannot be made", "--out"]);
}

#[test]
fn a_full_disk_under_the_log_of_steps() {
    let place = Workplace::new();
    let flags = "--optim sgd --epoch 2 --log_steps /dev/full";
    let message = ends_with(&mut place.cifar("runs", flags), 2);
    assert_says(&message, &["/dev/full", "No space left on device"]);
}

/// A limit on the size of files stands for a disk that fills up while a checkpoint is written.
#[test]
fn a_full_disk_under_a_checkpoint() {
    let place = Workplace::new();
    let flags = "--optim sgd --epoch 2";
    ends_with(&mut place.cifar("runs", &format!("{flags} --steps 1")), 0);
    let run = place.run_directory("runs");
    let before = fs::read(run.join("last.safetensors")).unwrap();
    let whole = place.cifar("runs", &format!("{flags} --resume"));
    // In blocks of 512 bytes; the checkpoint takes 2 MB.
    let script = "ulimit -f 1000; trap '' XFSZ; exec \"$0\" \"$@\"";
    let mut limited = Command::new("sh");
    limited.args(["-c", script]).arg(whole.get_program()).args(whole.get_args());
    limited.current_dir(place.path("")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let message = ends_with(&mut limited, 2);
    assert_says(&message, &["last.safetensors: cannot be written", "File too large"]);
    assert_eq!(fs::read(run.join("last.safetensors")).unwrap(), before);
    // With room again, it goes on as if nothing had been.
    ends_with(&mut place.cifar("runs", &format!("{flags} --resume")), 0);
    assert_eq!(lines(&run.join("metrics.jsonl")).len(), 2);
}

#[test]
fn a_checkpoint_that_was_cut() {
    let place = Workplace::new();
    ends_with(&mut place.cifar("runs", "--optim sgd --epoch 2 --steps 1"), 0);
    let last = place.run_directory("runs").join("last.safetensors");
    let whole = fs::read(&last).unwrap();
    fs::write(&last, &whole[..whole.len() / 2]).unwrap();
    let message = ends_with(&mut place.cifar("runs", "--optim sgd --epoch 2 --resume"), 2);
    assert_says(&message, &["last.safetensors: is no whole safetensors file"]);
}

#[test]
fn a_metrics_file_that_is_shorter_than_the_checkpoint_says() {
    let place = Workplace::new();
    let flags = "--optim sgd --epoch 2";
    ends_with(&mut place.cifar("runs", &format!("{flags} --steps {}", STEPS + 1)), 0);
    fs::write(place.run_directory("runs").join("metrics.jsonl"), "").unwrap();
    let message = ends_with(&mut place.cifar("runs", &format!("{flags} --resume")), 2);
    assert_says(&message, &["metrics.jsonl: has 0 bytes, but the checkpoint was saved at"]);
}

#[test]
fn a_loss_that_is_not_finite() {
    let place = Workplace::new();
    for (optimizer, dtype, lr) in
        [("adaact", "float32", "1e30"), ("sgd", "float64", "1e300"), ("adamw", "float32", "1e30")]
    {
        let flags = format!("--optim {optimizer} --lr {lr} --epoch 2 --dtype {dtype}");
        let child = place.cifar(optimizer, &flags).spawn().unwrap();
        let message = finished(child, 1);
        assert_says(&message, &["the loss is", "at step", "epoch 1", "failed.safetensors"]);
        assert!(message.contains("parameter ") || message.contains("layer "), "{message}");
        let run = place.run_directory(optimizer);
        // The state of before the first step, which was finite.
        let last = Archive::read(&run.join("last.safetensors")).unwrap();
        for (name, tensor) in last.tensors {
            assert!(bool::try_from(tensor.isfinite().all()).unwrap(), "{name}");
        }
        assert!(Archive::read(&run.join("failed.safetensors")).is_ok());
        assert!(!run.join("best.safetensors").exists());
        // Its record says so, and not that it is unfinished, until it is gone on with.
        let epochs = Record::read(&run).unwrap().epochs;
        assert!(!epochs.last().unwrap().train_loss.is_finite(), "{epochs:?}");
        ends_with(&mut place.cifar(optimizer, &format!("{flags} --resume --steps 0")), 0);
        assert!(Record::read(&run).unwrap().epochs.is_empty());
    }
}

#[test]
fn flags_that_do_not_fit() {
    let place = Workplace::new();
    for (flags, words) in [
        ("--lr -1", &["lr", "-1"][..]),
        ("--optim adaact --beta2 1", &["beta2 is 1", "[0, 1)"]),
        ("--dataset cifar100", &["resnet20 has classes for cifar10"]),
        ("--model resnet50", &["resnet20, resnet32, resnet34, densenet121"]),
        ("--optim sgd --trace_every 2", &["--trace_every", "AdaAct's, not of sgd"]),
        ("--optim adaact --trace_every 2 --trace_layers nothing", &["no layer", "linear"]),
        ("--init nothing.safetensors", &["nothing.safetensors", "No such file"]),
        ("--data_dir nothing", &["nothing"]),
        ("--device cuda", &["device \"cuda\" is not usable here"]),
    ] {
        if flags == "--device cuda" && std::path::Path::new("/dev/nvidiactl").exists() {
            continue;
        }
        let args: Vec<_> = ["--epoch", "1"].into_iter().chain(flags.split(' ')).collect();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cifar"));
        command.current_dir(place.path("")).args(["--out", "runs"]).args(args);
        if !flags.contains("data_dir") {
            command.args(["--data_dir", "tiny"]);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        assert_says(&ends_with(&mut command, 2), words);
    }
}

#[test]
fn weights_of_another_network() {
    let place = Workplace::new();
    let path = place.path("weights.safetensors");
    let zeros = |size: &[i64]| Tensor::zeros(size, (Kind::Float, Device::Cpu));
    let tensors = [("conv1.weight".to_owned(), zeros(&[8, 3, 3, 3]))].into();
    Archive { tensors, metadata: HashMap::new() }.write(&path).unwrap();
    let message = ends_with(&mut place.cifar("runs", "--init weights.safetensors"), 2);
    let words = [
        "weights.safetensors: does not fit resnet20",
        "conv1.weight",
        "[8, 3, 3, 3]",
        "[16, 3, 3, 3]",
    ];
    assert_says(&message, &words);
}
