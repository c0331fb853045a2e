//! What no case can say: every implementation does what the scenarios demand.

#[cfg(feature = "tch")]
use conformance::Device;
use conformance::scenarios::{Engine, Scenario, noticed};
use mistakes::Kind;
use std::collections::BTreeSet;

fn engines() -> Vec<Engine> {
    Engine::all(
        #[cfg(feature = "tch")]
        Device::Cpu,
    )
}

#[test]
fn every_implementation_plays_every_scenario() {
    let mut unmet = Vec::new();
    for engine in engines() {
        for scenario in Scenario::all() {
            if let Err(what) = scenario.run(engine) {
                unmet.push(format!("{engine} {:?}, {}: {what}", engine.dtype(), scenario.name));
            }
        }
    }
    assert!(unmet.is_empty(), "{unmet:#?}");
}

#[test]
fn scenarios_say_who_they_are() {
    let names: BTreeSet<_> = Scenario::all().map(|scenario| scenario.name).collect();
    assert_eq!(names.len(), Scenario::all().count());
    for Scenario { name, clauses, purpose, .. } in Scenario::all() {
        let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(!name.is_empty() && name.chars().all(slug), "{name}");
        assert!(!clauses.is_empty(), "{name}");
        assert!(purpose.ends_with('.') && purpose.matches(". ").count() == 0, "{name}: {purpose}");
    }
}

/// Each mistake that no case can say is noticed by a scenario of its own clause.
#[test]
fn every_mistake_beyond_cases_is_noticed_under_its_clause() {
    for mistake in mistakes::all().filter(|mistake| mistake.kind == Kind::Beyond) {
        let noticed = noticed(mistake);
        let of_clause = |name: &str| {
            Scenario::all().any(|s| s.name == name && s.clauses.contains(&mistake.clause))
        };
        assert!(noticed.iter().any(|n| of_clause(n.scenario)), "{mistake}: {noticed:?}");
    }
}

/// What a case can say as well is noticed here, too: the scripts look at every stage of the state.
#[test]
fn scripts_notice_mistakes_of_the_formulas() {
    let notice = |name| !noticed(mistakes::named(name).unwrap()).is_empty();
    for name in [
        "control",
        "epsilon-inside-root",
        "ema-corrected-late",
        "momentum-uncorrected",
        "decay-after-step",
        "plain-decay-absent",
        "first-step-not-reset",
    ] {
        assert!(notice(name), "{name}");
    }
    assert!(!notice("identity"));
}
