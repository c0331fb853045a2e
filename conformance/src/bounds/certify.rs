//! Golden traces held against the same steps in double-double.

use super::strict::Table;
use crate::compare::{Address, Basis, Stage, compare_step, single_steps};
use fixtures::{Case, Trace};
use slow::{Definition, Double, trace};
use std::collections::BTreeMap;

/// The error of a full golden trace, the largest of every stage, in the stage's measure: every step
/// against the same step computed with 106 bits from the golden state before it.
#[must_use]
pub fn certify(case: &Case, golden: &Trace) -> Table<Stage, f64> {
    let mut errors = Table::default();
    for (address, found) in certify_arrays(case, golden) {
        let error: &mut f64 = errors.entry(address.stage).or_default();
        *error = error.max(found);
    }
    errors
}

/// As [`certify`], of every array: the largest over the steps and the occurrences in them, none of
/// which the addresses name.
#[must_use]
pub fn certify_arrays(case: &Case, golden: &Trace) -> BTreeMap<Address, f64> {
    let mut errors = BTreeMap::new();
    for (cut, step) in single_steps(case, golden).iter().zip(&golden.steps) {
        let exact = trace::<Double>(cut, &Definition);
        let compared = compare_step(cut, 0, Basis::GoldenState, &exact.steps[0], step);
        for deviation in compared.deviations {
            if deviation.address.stage.is_count() {
                continue;
            }
            let address = Address { occurrence: None, ..deviation.address };
            let error: &mut f64 = errors.entry(address).or_default();
            *error = error.max(deviation.error);
        }
    }
    errors
}
