use super::curve::Quantity;
use super::draw::{ACCURACY_FILE, LOSS_FILE, draw};
use super::error::Error;
use super::figure::Figure;
use super::labels;
use super::neighbours::Neighbours;
use fixtures::Dtype;
use fixtures::run::{
    Dataset, Environment, Epoch, METRICS_FILE, Model, Optim, Recipe, Record, Run, Schedule,
    Settings,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn run(optim: Optim, lr: f64, number: u64) -> Run {
    let settings = Settings {
        dataset: Dataset::Cifar10,
        images: "cifar10".into(),
        images_sha256: "ab".repeat(32),
        model: Model::Resnet20,
        recipe: Recipe::Cifar { augment: true, shuffle: true },
        optim,
        lr,
        momentum: 0.9,
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        weight_decay: 0.002,
        epoch: 3,
        batchsize: 128,
        micro_batches: 1,
        world_size: 1,
        lr_scheduler: Schedule::Cosine,
        run: number,
        seed: number,
        init_sha256: None,
        dtype: Dtype::Float32,
        mixed_precision: None,
        device: "cpu".into(),
        threads: 2,
        channels_last: false,
        tf32: false,
        cudnn_benchmark: false,
        deterministic: true,
    };
    let environment = Environment {
        version: "0.1.0".into(),
        commit: "unknown".into(),
        libtorch: "2.11.0".into(),
        machine: "a processor".into(),
    };
    Run { settings, environment }
}

/// An epoch with the four values of the plots: loss and accuracy, of training and test images.
fn epoch(values: [f64; 4], train_seconds: f64) -> Epoch {
    let [train_loss, test_loss, train_accuracy, test_accuracy] = values;
    Epoch {
        epoch: 0,
        updates: None,
        lr: 0.1,
        train_loss,
        train_accuracy,
        test_loss,
        test_accuracy,
        train_seconds,
        data_seconds: 1.0,
        test_seconds: 2.0,
        images: 50_000,
        input_mean_squares: BTreeMap::new(),
    }
}

fn usual() -> Vec<Epoch> {
    let at = |x: f64| epoch([2.0 - x / 2.0, 2.1 - x / 2.0, 30.0 + 9.0 * x, 28.0 + 9.0 * x], 20.0);
    vec![at(0.0), at(1.0), at(2.0)]
}

fn record(run: Run, mut epochs: Vec<Epoch>) -> Record {
    (0..).zip(&mut epochs).for_each(|(number, epoch)| epoch.epoch = number);
    Record { run, epochs }
}

fn write(directory: &Path, record: &Record) {
    fs::create_dir_all(directory).unwrap();
    record.run.write(directory).unwrap();
    let line = |epoch: &Epoch| serde_json::to_string(epoch).unwrap() + "\n";
    let lines: String = record.epochs.iter().map(line).collect();
    fs::write(directory.join(METRICS_FILE), lines).unwrap();
}

/// Both plots of a run without neighbours.
fn alone(epochs: Vec<Epoch>) -> [String; 2] {
    let record = record(run(Optim::Adaact, 0.1, 1), epochs);
    let svg = |quantity| Figure::new(quantity, &record, &Neighbours::default()).svg().unwrap();
    [svg(Quantity::Loss), svg(Quantity::Accuracy)]
}

/// What is drawn of the run itself: solid lines, dashes (and samples in the legend), and dots.
fn drawn(svg: &str) -> (usize, usize, usize) {
    let own = svg.lines().filter(|line| line.contains("stroke-width=\"18\""));
    let (dots, lines): (Vec<_>, Vec<_>) = own.partition(|line| line.starts_with("<circle"));
    let is_solid = |line: &&str| {
        let points = line.split("points=\"").nth(1).unwrap();
        let x = points.split(' ').filter_map(|point| point.split_once(',')?.0.parse::<i32>().ok());
        let (least, most) = (x.clone().min().unwrap(), x.max().unwrap());
        most - least > 300 // no dash is that long, nor the sample
    };
    let (solid, dashes): (Vec<_>, Vec<_>) = lines.into_iter().partition(is_solid);
    (solid.len(), dashes.len(), dots.len())
}

/// Every number of a drawing lies on it, and every text says something.
fn assert_sound(svg: &str) {
    for nonsense in ["NaN", "inf", "-2147483648", "2147483647"] {
        assert!(!svg.contains(nonsense), "{nonsense} in {svg}");
    }
    let positions = ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"];
    for line in svg.lines() {
        for (name, value) in line.split('"').collect::<Vec<_>>().chunks(2).filter_map(|pair| {
            Some((pair.first()?.trim().rsplit(' ').next()?.strip_suffix('=')?, *pair.get(1)?))
        }) {
            let numbers: Vec<i32> = match name {
                "points" => value.split([' ', ',']).filter_map(|n| n.parse().ok()).collect(),
                name if positions.contains(&name) => vec![value.parse().unwrap()],
                _ => Vec::new(),
            };
            assert!(numbers.iter().all(|n| (0..=1130 * 8).contains(n)), "{line}");
        }
    }
}

#[test]
fn a_run_is_drawn_beside_those_that_it_may_be_compared_with() {
    let runs = tempfile::tempdir().unwrap();
    let own = runs.path().join("adaact");
    write(&own, &record(run(Optim::Adaact, 0.1, 1), usual()));
    write(&runs.path().join("sgd"), &record(run(Optim::Sgd, 0.05, 1), usual()));
    write(&runs.path().join("unstarted"), &record(run(Optim::Adam, 0.02, 1), Vec::new()));
    let mut other = run(Optim::Adam, 0.03, 1);
    other.settings.images = "cifar10-jpeg75".into();
    write(&runs.path().join("other-images"), &record(other, usual()));
    let mut other = run(Optim::Adam, 0.04, 1);
    other.settings.model = Model::Resnet32;
    write(&runs.path().join("other-model"), &record(other, usual()));
    write(&runs.path().join("broken"), &record(run(Optim::Adam, 0.06, 1), usual()));
    fs::write(runs.path().join("broken").join(METRICS_FILE), "?\n").unwrap();
    fs::create_dir(runs.path().join("no-run")).unwrap();

    let unreadable = draw(&own).unwrap();
    assert_eq!(unreadable.len(), 1);
    assert!(unreadable[0].to_string().contains("broken"), "{}", unreadable[0]);
    for (file, title) in [(LOSS_FILE, "Loss"), (ACCURACY_FILE, "Accuracy")] {
        let svg = fs::read_to_string(own.join(file)).unwrap();
        assert_sound(&svg);
        for text in ["adaact lr 0.1 run 1", "sgd lr 0.05 run 1", "seconds of training", "epochs"] {
            assert!(svg.lines().any(|line| line == text), "{text} in {svg}");
        }
        assert!(svg.contains(&format!("\n{title} of resnet20 on cifar10, 3 epochs\n")), "{svg}");
        assert!(!svg.contains("adam "), "{svg}");
        draw(&own).unwrap();
        assert_eq!(fs::read_to_string(own.join(file)).unwrap(), svg);
    }
}

#[test]
fn a_list_of_neighbours_is_bounded_and_begins_with_the_same_run_number() {
    let runs = tempfile::tempdir().unwrap();
    let own = runs.path().join("own");
    write(&own, &record(run(Optim::Adaact, 0.1, 7), usual()));
    for number in 0..10 {
        let directory = runs.path().join(format!("adam-{number}"));
        write(&directory, &record(run(Optim::Adam, 0.1, number), usual()));
    }
    assert!(draw(&own).unwrap().is_empty());
    let svg = fs::read_to_string(own.join(LOSS_FILE)).unwrap();
    let legend: Vec<_> = svg.lines().filter(|line| line.starts_with("adam ")).collect();
    let shown = [7, 0, 1, 2, 3, 4, 5, 6].map(|number| format!("adam lr 0.1 run {number}"));
    assert_eq!(legend, shown);
    assert!(svg.contains("\n2 more runs are not shown\n"), "{svg}");
    assert_sound(&svg);
}

#[test]
fn without_an_epoch_there_is_no_plot_and_without_a_run_an_error() {
    let runs = tempfile::tempdir().unwrap();
    let own = runs.path().join("own");
    assert!(matches!(draw(&own), Err(Error::File(_))));
    write(&own, &record(run(Optim::Adaact, 0.1, 1), Vec::new()));
    assert!(draw(&own).unwrap().is_empty());
    assert!(!own.join(LOSS_FILE).exists() && !own.join(ACCURACY_FILE).exists());
}

#[test]
fn training_is_solid_and_tests_are_dashed_in_both_panels() {
    for svg in alone(usual()) {
        let (solid, dashes, dots) = drawn(&svg);
        assert_eq!((solid, dots), (2, 0), "{svg}");
        assert!(dashes > 50, "{svg}");
    }
}

#[test]
fn what_is_not_finite_interrupts_a_line() {
    let (good, bad) = ([1.0, 1.0, 50.0, 50.0], [f64::NAN, 1.0, f64::INFINITY, 50.0]);
    let epochs = [good, good, bad, good, bad, good, good];
    for svg in alone(epochs.map(|values| epoch(values, 20.0)).to_vec()) {
        let (solid, _, dots) = drawn(&svg);
        assert_eq!((solid, dots), (4, 2), "{svg}");
        assert_sound(&svg);
    }
}

#[test]
fn a_single_epoch_is_dots() {
    for svg in alone(usual()[..1].to_vec()) {
        let (solid, _, dots) = drawn(&svg);
        assert_eq!((solid, dots), (0, 4), "{svg}");
        assert_sound(&svg);
    }
}

#[test]
fn equal_values_are_level_lines() {
    for svg in alone(vec![epoch([2.3, 2.3, 10.0, 10.0], 20.0); 3]) {
        let (solid, _, dots) = drawn(&svg);
        assert_eq!((solid, dots), (2, 0), "{svg}");
        assert_sound(&svg);
    }
}

#[test]
fn time_before_the_start_is_not_drawn() {
    for svg in alone(vec![epoch([1.0, 1.0, 50.0, 50.0], -20.0)]) {
        assert_eq!(drawn(&svg).2, 2, "dots over epochs only: {svg}");
    }
}

#[test]
fn no_value_is_too_strange_to_be_drawn() {
    let strange = [f64::NAN, f64::NEG_INFINITY, f64::MAX, f64::MIN, 0.0, -1.0, 1e-310, 1e99, 3.0];
    for value in strange {
        for count in [1, 2, 5] {
            for seconds in [value, 20.0] {
                let epochs = vec![epoch([value; 4], seconds); count];
                alone(epochs).iter().for_each(|svg| assert_sound(svg));
            }
        }
    }
    let mixed = strange.map(|value| epoch([value, 2.0, 40.0, value], value));
    alone(mixed.to_vec()).iter().for_each(|svg| assert_sound(svg));
}

#[test]
fn long_trainings_are_told_in_minutes_and_hours() {
    for (seconds, unit) in [(1.0, "seconds"), (200.0, "minutes"), (9000.0, "hours")] {
        let [svg, _] = alone(vec![epoch([1.0; 4], seconds); 3]);
        assert!(svg.contains(&format!("\n{unit} of training\n")), "{unit} in {svg}");
    }
}

#[test]
fn labels_name_the_settings_that_differ() {
    let plain = run(Optim::Adaact, 1e-5, 1).settings;
    let mut eps = plain.clone();
    (eps.eps, eps.lr_scheduler) = (1e-4, Schedule::Multistep);
    let sgd = run(Optim::Sgd, 0.1, 1).settings;
    let names = labels::labels(&[("a", &plain), ("b", &eps), ("c", &sgd)]);
    let texts = names.iter().map(|label| (&*label.name, label.detail.as_deref()));
    let expected = [
        ("adaact lr 1e-5 run 1", Some("eps 1e-8, lr scheduler cosine")),
        ("adaact lr 1e-5 run 1", Some("eps 0.0001, lr scheduler multistep")),
        ("sgd lr 0.1 run 1", None),
    ];
    assert_eq!(texts.collect::<Vec<_>>(), expected);

    let repeated = labels::labels(&[("a", &plain), ("again", &plain), ("b", &eps)]);
    let details: Vec<_> = repeated.iter().map(|label| label.detail.as_deref().unwrap()).collect();
    assert_eq!(details, ["a", "again", "eps 0.0001, lr scheduler multistep"]);
    assert_eq!(labels::shorten("a\u{1}b\n", 9), "a\u{fffd}b\u{fffd}");
}
