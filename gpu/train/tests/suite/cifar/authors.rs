//! The program against the authors' code, loss by loss.

use super::program::{Workplace, ends_with, lines};
use image::{Rgb, RgbImage};
use std::collections::BTreeMap;
use std::fs;

/// As in `authors.py`, which made `authors.json`.
const BATCH: u32 = 8;
const STEPS: u32 = 30;

/// The image of this number; its class is `number % 10`.
fn image(number: u32) -> RgbImage {
    RgbImage::from_fn(32, 32, |x, y| {
        Rgb([0, 1, 2].map(|c| {
            let wave =
                (c + 2) * x * (number % 7 + 1) + y * (number % 10 * 5 + 3) + x * y * (number % 3);
            ((wave + 41 * c + 13 * number) % 256) as u8
        }))
    })
}

/// SGD has a tenth of the recipe's rate: at 0.1 these steps make 6.6e-10 of a unit in the last place
/// of the weights, and another processor rounds some of them otherwise. At these settings a unit
/// comes to 3.1e-14 at most.
#[test]
fn thirty_steps_in_float64_are_the_authors() {
    let place = Workplace::new();
    for number in 0..BATCH * STEPS {
        let folder = place.path(&format!("waves/train/class{}", number % 10));
        fs::create_dir_all(&folder).unwrap();
        image(number).save(folder.join(format!("{number:03}.png"))).unwrap();
        let test = place.path(&format!("waves/test/class{}", number % 10));
        fs::create_dir_all(&test).unwrap();
        image(number % 10).save(test.join("0.png")).unwrap();
    }
    let authors: BTreeMap<String, Vec<f64>> =
        serde_json::from_str(include_str!("authors.json")).unwrap();
    for (optim, recipe) in [
        ("adaact", "--lr 0.1 --weight_decay 0.002"),
        ("sgd", "--lr 0.01 --momentum 0.9 --weight_decay 5e-4"),
        ("adam", "--lr 0.001 --weight_decay 5e-4"),
        ("adamw", "--lr 0.001 --weight_decay 0.5"),
    ] {
        let flags = format!(
            "--optim {optim} {recipe} --seed 0 --dtype float64 --no_augment --no_shuffle \
             --steps {STEPS} --log_steps {optim}.jsonl"
        );
        ends_with(&mut place.cifar_on("waves", optim, &flags), 0);
        let ours = lines(&place.path(&format!("{optim}.jsonl")));
        assert_eq!(ours.len(), STEPS as usize);
        let mut largest = 0.0_f64;
        for (step, (line, theirs)) in ours.iter().zip(&authors[optim]).enumerate() {
            let error = (line["loss"].as_f64().unwrap() - theirs).abs();
            assert!(error <= 1e-11, "{optim}, step {step}: {} and {theirs}", line["loss"]);
            largest = largest.max(error);
        }
        println!("{optim}: {STEPS} losses within {largest:.1e}");
    }
}
