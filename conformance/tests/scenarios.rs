//! What no case can say: every implementation does what the scenarios demand.

#[cfg(feature = "tch")]
use conformance::Device;
use conformance::mistakes::{Kind, Mutant};
use conformance::scenarios::{Engine, Scenario, noticed};
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

/// Each mutant that no case can say is noticed by a scenario of its own clause.
#[test]
fn every_mutant_beyond_cases_is_noticed_under_its_clause() {
    for &mutant in Mutant::ALL.iter().filter(|mutant| mutant.kind() == Kind::Beyond) {
        let noticed = noticed(mutant);
        let of_clause = |name: &str| {
            Scenario::all().any(|s| s.name == name && s.clauses.contains(&mutant.clause()))
        };
        assert!(noticed.iter().any(|n| of_clause(n.scenario)), "{mutant}: {noticed:?}");
    }
}

/// What a case can say as well is noticed here, too: the scripts look at every stage of the state.
#[test]
fn scripts_notice_mistakes_of_the_formulas() {
    for mutant in [
        Mutant::Control,
        Mutant::EpsilonInsideRoot,
        Mutant::EmaCorrectedLate,
        Mutant::MomentumUncorrected,
        Mutant::DecayAfterStep,
        Mutant::PlainDecayAbsent,
        Mutant::FirstStepNotReset,
    ] {
        assert!(!noticed(mutant).is_empty(), "{mutant}");
    }
    assert!(noticed(Mutant::Identity).is_empty());
}
