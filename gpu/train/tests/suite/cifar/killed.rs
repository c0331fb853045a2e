//! A process that is killed at any instant loses nothing that was saved.

use super::program::{STEPS, Workplace, assert_same, ends_with};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::thread::sleep;
use std::time::Duration;
use train::archive::Archive;

/// Fifty kills at random moments, most of them while a checkpoint is written: one is written after
/// every step.
#[test]
fn fifty_kills_lose_no_checkpoint_and_change_no_result() {
    const KILLS: usize = 50;
    let seed = 31;
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let place = Workplace::new();
    let epochs = 6;
    let flags = format!("--optim adaact --epoch {epochs} --save_every 1");
    ends_with(&mut place.cifar("whole", &flags), 0);

    let mut furthest = 0;
    let mut kills = 0;
    while kills < KILLS {
        // A run that came to its end starts over elsewhere, so that there is always work to kill.
        let round = format!("killed{}", furthest / (epochs * STEPS));
        let mut child = place.cifar(&round, &format!("{flags} --resume")).spawn().unwrap();
        sleep(Duration::from_millis(random.random_range(200..700)));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap(); // SIGKILL
            kills += 1;
        }
        child.wait().unwrap();
        if let Some(done) = steps_saved(&place, &round) {
            let before = furthest % (epochs * STEPS);
            assert!(done >= before, "{done} steps are saved, {before} were");
            furthest += done - before;
        }
    }
    println!("{furthest} steps in spite of {KILLS} kills");
    let last = format!("killed{}", furthest / (epochs * STEPS));
    ends_with(&mut place.cifar(&last, &format!("{flags} --resume")), 0);
    assert_same(&place.run_directory("whole"), &place.run_directory(&last));
    let run = place.run_directory(&last);
    let left: Vec<_> = fs::read_dir(run).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with('.')), "{left:?}");
}

/// Steps of the last checkpoint, which is whole if it is there.
fn steps_saved(place: &Workplace, out: &str) -> Option<u64> {
    let run = fs::read_dir(place.path(out)).ok()?.next()?.unwrap().path();
    let path = run.join("last.safetensors");
    if !path.exists() {
        return None;
    }
    let header = Archive::read(&path).unwrap().metadata.remove("checkpoint").unwrap();
    let header: serde_json::Value = serde_json::from_str(&header).unwrap();
    let number = |field: &str| header["position"][field].as_u64().unwrap();
    Some(number("epoch") * STEPS + number("batch"))
}
