//! Both engines learn to read digits, and stay together while they do.

use conformance::scenarios::digits::{Recipe, train};
use fixtures::digits::Digits;

#[test]
fn both_recipes_learn_and_the_engines_agree_to_the_end() {
    let digits = Digits::load();
    for recipe in Recipe::all() {
        let mut steps = 0;
        let outcome = train(&recipe, &digits, || steps += 1).unwrap();
        // 10 epochs of 23 batches of 64 images and one of 26.
        assert_eq!(steps, 240);
        assert!(outcome.accuracy >= recipe.accuracy, "{}: {} %", recipe.name, outcome.accuracy);
        assert_eq!(outcome.twin.is_some(), cfg!(feature = "tch"));
        if let Some(twin) = outcome.twin {
            assert!(twin.judgement.conforms(), "{}: {:?}", recipe.name, twin.judgement.divergence);
            assert_eq!(twin.judgement.steps(), steps);
        }
    }
}
