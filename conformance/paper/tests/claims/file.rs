//! Files of claims.

use paper::Claims;

#[test]
fn claims_that_cannot_be_read_are_refused_with_file_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    let committed = include_str!("../../claims.toml");
    let slot = r#"value = "not transcribed", source = "not transcribed""#;
    for (old, new, why) in [
        ("margin = 0.5", "margn = 0.5", "unknown field `margn`"),
        (
            "margin = 0.5",
            "margin = -0.5",
            r#"claim[2] "accuracy-of-sgd": margin: -0.5 is not a margin"#,
        ),
        ("margin = 0.5", "margin = nan", "margin: NaN is not a margin"),
        ("margin = 0.5\n", "", "missing field `margin`"),
        ("significance = 0.05", "significance = 0.7", "rules: significance: 0.7 is not a level"),
        ("pairs = 3", "pairs = 1", "rules: pairs: 1 is too few"),
        ("power = 0.8", "power = nan", "rules: power: NaN"),
        ("momentum = 0.9", "beta1 = 0.9", "unknown field `beta1`"),
        ("lr = 0.1\nbeta1", "lr = inf\nbeta1", "recipe: adaact.lr: inf is not valid"),
        ("\"accuracy-of-sgd\"", "\"accuracy-above-adam\"", "id: used twice"),
        ("\"epoch-time\"", "\"time\"", "unknown variant `time`"),
        ("losses = [1.0, 0.5, 0.3]\n", "", "losses: needed for the kind epochs-to-loss"),
        ("losses = [1.0,", "losses = [-1.0,", "losses: -1 is not a loss"),
        ("[\"cifar10 resnet20\", ", "[\"cifar10 resnet50\", ", "\"resnet50\" is none of"),
        ("[\"cifar10 resnet20\", ", "[\"cifar100 resnet20\", ", "resnet20 is trained on cifar10"),
        ("against = \"sgd\"", "against = \"adaact\"", "against: "),
        ("adaact.claims/1", "adaact.claims/2", "unknown variant `adaact.claims/2`"),
        (slot, r#"value = 92.5, source = "not transcribed""#, "paper.test_accuracy[0]: source"),
        (slot, r#"value = "not transcribed", source = "table 1""#, "paper.test_accuracy[0]: value"),
        (slot, r#"value = "92.5", source = "table 1""#, "invalid value: string \"92.5\""),
        (slot, r#"value = 925, source = "table 1""#, "value: 925 is not a percentage"),
    ] {
        assert!(committed.contains(old), "{old}");
        std::fs::write(&path, committed.replacen(old, new, 1)).unwrap();
        let error = format!("{:#}", Claims::read(&path).unwrap_err());
        assert!(error.contains("mine.toml: ") && error.contains(why), "{new}: {error}");
    }
}
