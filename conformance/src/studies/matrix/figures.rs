//! How well a mistake is noticed, in figures that no machine's last digits move.

use crate::compare::Stage;
use crate::studies::Fate;
use mistakes::{Kind, Mistake};

/// Who notices a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Which mistake.
    pub mistake: &'static Mistake,
    /// The cases that notice it in float64.
    pub float64: Vec<String>,
    /// How many cases do in float32.
    pub float32: usize,
    /// The scenarios that do, if no case can say what it does.
    pub scenarios: Vec<&'static str>,
    /// The death in float64 by the widest margin.
    pub sharpest: Option<Sharpest>,
}

/// A mistake's death by the widest margin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharpest {
    /// The case.
    pub case: String,
    /// The stage that diverges first.
    pub stage: Stage,
    /// The power of ten of the multiple of the bound, rounded down; `None` if no bound would do,
    /// as for counts.
    pub magnitude: Option<i32>,
}

impl From<&Fate> for Figures {
    fn from(fate: &Fate) -> Self {
        let sharpest = fate.sharpest().map(|kill| Sharpest {
            case: kill.case.clone(),
            stage: kill.divergence.deviation.address.stage,
            magnitude: magnitude(kill.margin()),
        });
        Self {
            mistake: fate.mistake,
            float64: fate.float64.iter().map(|kill| kill.case.clone()).collect(),
            float32: fate.float32.len(),
            scenarios: fate.scenarios.iter().map(|noticed| noticed.scenario).collect(),
            sharpest,
        }
    }
}

impl Figures {
    /// Whether it has to live.
    #[must_use]
    pub fn lives(&self) -> bool {
        self.mistake.kind == Kind::Identity
    }
}

fn magnitude(margin: f64) -> Option<i32> {
    margin.is_finite().then(|| margin.log10().floor() as i32)
}
