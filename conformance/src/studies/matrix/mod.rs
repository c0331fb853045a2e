//! Which cases and scenarios hold an implementation to which clause, and which mistakes they notice.
//!
//! `docs/matrix.md` is [`Matrix::render`]. Nothing in it depends on how the program was built, and
//! its figures are rounded so that the last digits of a machine do not show.

mod figures;
mod render;

pub use figures::Figures;

use crate::compare::Stage;
use crate::scenarios::Scenario;
use fixtures::Case;
use fixtures::corpus::Origin;
use mistakes::{Mistake, all};
use std::path::{Path, PathBuf};

/// The clauses of the specification, each with what stands behind it.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// In the specification's order.
    pub clauses: Vec<Clause>,
    /// The cases, in the order of the corpus.
    pub cases: Vec<Listed>,
}

/// A clause, and what holds implementations to it.
#[derive(Clone, Debug)]
pub struct Clause {
    /// `S8`
    pub id: String,
    /// Its title in the specification.
    pub title: String,
    /// The scenarios that list it.
    pub scenarios: Vec<&'static Scenario>,
    /// The mistakes that break it.
    pub mistakes: Vec<&'static Mistake>,
    /// The stages of a trace that show it.
    pub stages: Vec<Stage>,
}

/// A case with the clauses that it lists.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Who computed its golden trace.
    pub origin: Origin,
    /// Its description.
    pub description: String,
    /// Ids of the clauses.
    pub clauses: Vec<String>,
}

/// Where the rendered matrix lies in the source tree that this program was built from.
#[must_use]
pub fn path() -> PathBuf {
    docs().join("matrix.md")
}

/// Where the specification lies in that source tree.
#[must_use]
pub fn specification() -> PathBuf {
    docs().join("spec.md")
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

impl Matrix {
    /// The matrix of a specification, in Markdown as `docs/spec.md`, and of a corpus.
    #[must_use]
    pub fn new<'c>(
        specification: &str,
        corpus: impl IntoIterator<Item = (&'c Case, Origin)>,
    ) -> Self {
        let listed = |(case, origin): (&Case, Origin)| Listed {
            name: case.name.clone(),
            origin,
            description: case.description.clone(),
            clauses: case.clauses.clone(),
        };
        Self {
            clauses: specification.lines().filter_map(Clause::from_heading).collect(),
            cases: corpus.into_iter().map(listed).collect(),
        }
    }

    /// The cases that list a clause, in the order of the corpus.
    pub fn cases_of<'m>(&'m self, clause: &'m Clause) -> impl Iterator<Item = &'m Listed> {
        self.cases.iter().filter(|case| case.clauses.contains(&clause.id))
    }

    /// What is missing: clauses that nothing plays or that no mistake breaks, and cases,
    /// scenarios and mistakes of a clause that the specification does not have.
    #[must_use]
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for clause in &self.clauses {
            if self.cases_of(clause).next().is_none() && clause.scenarios.is_empty() {
                gaps.push(format!("{} has neither a case nor a scenario", clause.id));
            }
            if clause.mistakes.is_empty() {
                gaps.push(format!("{} has no mistake", clause.id));
            }
        }
        let known = |id: &str| self.clauses.iter().any(|clause| clause.id == id);
        let of_cases = self
            .cases
            .iter()
            .flat_map(|case| case.clauses.iter().map(|id| (case.name.as_str(), id.as_str())));
        let of_scenarios = Scenario::all().flat_map(|s| s.clauses.iter().map(|&id| (s.name, id)));
        let of_mistakes = all().map(|mistake| (mistake.name, mistake.clause));
        let unknown = of_cases.chain(of_scenarios).chain(of_mistakes).filter(|(_, id)| !known(id));
        gaps.extend(unknown.map(|(name, id)| format!("{name} lists {id}, which is no clause")));
        gaps
    }
}

impl Clause {
    /// The clauses of the specification that this program was built with.
    pub(crate) fn all() -> Vec<Self> {
        let specification = include_str!("../../../../docs/spec.md");
        specification.lines().filter_map(Self::from_heading).collect()
    }

    /// `## S8 — The scale`
    fn from_heading(line: &str) -> Option<Self> {
        let (id, title) = line.strip_prefix("## ")?.split_once(" — ")?;
        let mistakes = all().filter(|mistake| mistake.clause == id);
        let stages = Stage::ALL.into_iter().filter(|stage| stage.clauses().contains(&id));
        Some(Self {
            id: id.to_owned(),
            title: title.to_owned(),
            scenarios: Scenario::all().filter(|s| s.clauses.contains(&id)).collect(),
            mistakes: mistakes.collect(),
            stages: stages.collect(),
        })
    }
}
