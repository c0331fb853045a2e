//! What people and programs read, of runs that have a little of everything.

use crate::judging::{printed, sifted};
use crate::synthetic::{
    RESNET20, Synthetic, USUAL, all_optimizers, directory, experiment, of_everything,
};
use fixtures::run::Optim;
use paper::{Claims, Plan, Report, find, sift};

fn snapshot(name: &str, printed: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, printed);
    });
}

#[test]
fn reports_and_plans_read_well() {
    let claims = Claims::committed().unwrap();
    let found = find(directory(&of_everything()).path()).unwrap();
    let sifted = sift(&found, &claims, 200);
    let report = Report::new(&claims, &sifted, 200);
    snapshot("paper-report", &printed(&report));
    assert!(report.refutes()); // AdamW is better

    let plan = Plan::new(&claims, &found, 200, "cuda");
    let mut text = Vec::new();
    plan.text(&mut text).unwrap();
    snapshot("paper-plan", &String::from_utf8(text).unwrap());
}

#[test]
fn programs_read_the_same() {
    let claims = Claims::committed().unwrap();
    let sifted = sifted(&claims, &of_everything(), 200);
    let json = Report::new(&claims, &sifted, 200).json();
    let judged = json["tables"][0]["claims"].as_array().unwrap();
    let verdicts: Vec<_> = judged.iter().map(|claim| claim["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["undecided", "refuted", "confirmed", "confirmed", "confirmed"]);
    assert!(judged[0]["runs_needed"].as_u64().unwrap() > 0);
    assert_eq!(
        (&json["verdict"], json["set_aside"].as_array().unwrap().len()),
        (&"refuted".into(), 2)
    );
    let plan = Plan::new(&claims, &[], 200, "cuda").json();
    assert_eq!(plan["trainings"].as_array().unwrap().len(), 48);
}

#[test]
fn runs_of_which_none_counts_are_listed_with_the_reason() {
    let claims = Claims::committed().unwrap();
    let of = experiment(RESNET20);
    let unfinished = Synthetic::new(of, Optim::Sgd, 0, USUAL).with_epochs(Vec::clear);
    let sifted = sifted(&claims, &[unfinished], 200);
    let report = Report::new(&claims, &sifted, 200);
    assert!(!report.refutes());
    assert!(printed(&report).contains("is unfinished: has 0 of 200 epochs"));
}

/// Nobody has copied a number yet; whoever does sees ours beside it.
#[test]
fn a_number_of_the_paper_is_shown_with_its_place() {
    let runs = all_optimizers(experiment(RESNET20));
    let shown = |claims: &Claims| {
        let sifted = sifted(claims, &runs, 200);
        printed(&Report::new(claims, &sifted, 200))
    };
    let without = shown(&Claims::committed().unwrap());
    assert_eq!(without.matches("not transcribed").count(), 16);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    let slot = r#"value = "not transcribed", source = "not transcribed""#;
    let number = r#"value = 92, source = "table 9, row AdaAct""#;
    let mine = include_str!("../../claims.toml").replacen(slot, number, 1);
    std::fs::write(&path, mine.replacen("\"committed\"", "\"amended\"", 1)).unwrap();
    let printed = shown(&Claims::read(&path).unwrap());
    assert_eq!(printed.matches("not transcribed").count(), 15);
    // 91, 91.1 and 91.2 in the last epoch, a quarter more in the one before.
    let shown = "92.00           -0.90, -0.65 (table 9, row AdaAct)";
    assert!(printed.contains(shown), "{printed}");
    assert!(
        printed.contains("accuracy-above-adam (amended after runs had been seen): "),
        "{printed}"
    );
}
