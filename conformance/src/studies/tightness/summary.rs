//! The room of many bounds, by stage and dtype, and what is demanded of it.

use super::room::{Room, STAGES};
use crate::compare::Stage;
use fixtures::Dtype;
use std::fmt;

/// The median over the arrays of a stage is at most this.
pub const MEDIAN: f64 = 100.0;

/// The largest over the arrays of a stage is at most this.
pub const MAXIMUM: f64 = 1e4;

/// The room of the bounds of a stage in one dtype.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The stage.
    pub stage: Stage,
    /// What the engines computed in.
    pub dtype: Dtype,
    /// The arrays with an error, by their ratio, the smallest first.
    pub rooms: Vec<Room>,
    /// The arrays that every honest engine computes exactly, by their bound.
    pub exact: Vec<Room>,
}

/// One summary for every stage of the network and every dtype.
#[must_use]
pub fn summarize(rooms: &[Room]) -> Vec<Summary> {
    let dtypes = [Dtype::Float64, Dtype::Float32].into_iter();
    let pairs = dtypes.flat_map(|dtype| STAGES.map(|stage| (dtype, stage)));
    let of = |(dtype, stage)| {
        let chosen = rooms.iter().filter(|r| r.dtype == dtype && r.address.stage == stage);
        let (mut exact, mut rest): (Vec<_>, Vec<_>) = chosen.cloned().partition(Room::is_exact);
        rest.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
        exact.sort_by(|a, b| a.bound.total_cmp(&b.bound));
        Summary { stage, dtype, rooms: rest, exact }
    };
    pairs.map(of).collect()
}

impl Summary {
    /// The median ratio: of an even number, the larger of the two in the middle. NaN of none.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.rooms.get(self.rooms.len() / 2).map_or(f64::NAN, Room::ratio)
    }

    /// The array with the largest ratio.
    #[must_use]
    pub fn largest(&self) -> Option<&Room> {
        self.rooms.last()
    }

    /// Why this is not as it has to be: an honest engine beyond a bound, no array with an error,
    /// or too much room. `None` if all is well.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        if self.rooms.is_empty() {
            return Some("no array with an error".to_owned());
        }
        if let Some(beyond) = self.rooms.iter().find(|room| !room.holds()) {
            return Some(format!("an honest engine lies beyond its bound: {beyond}"));
        }
        let largest = self.largest().map_or(f64::NAN, Room::ratio);
        if !(self.median() <= MEDIAN) {
            return Some(format!("the median is {:.1}, above {MEDIAN}", self.median()));
        }
        (!(largest <= MAXIMUM)).then(|| format!("the largest is {largest:.1}, above {MAXIMUM}"))
    }
}

/// `float64 losses: 70 arrays, median 30.1, largest 200.0, 2.0e-14 over 1.1e-16 (mlp-bias); 3
/// exact, bounds up to 40 units`.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let dtype = match self.dtype {
            Dtype::Float64 => "float64",
            Dtype::Float32 => "float32",
        };
        write!(f, "{dtype} {:15} {:3} arrays", self.stage, self.rooms.len())?;
        if let Some(largest) = self.largest() {
            let (median, ratio) = (self.median(), largest.ratio());
            write!(f, ", median {median:5.1}, largest {ratio:6.1}: {largest}")?;
        }
        if let Some(widest) = self.exact.last() {
            write!(f, "; {} exact, bounds up to {:.0} units", self.exact.len(), widest.units())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Address;

    /// Losses in float64 with these bounds and worst errors.
    fn summary(rooms: &[(f64, f64)]) -> Summary {
        let room = |&(bound, worst): &(f64, f64)| {
            let address = Address { stage: Stage::Losses, name: String::new(), occurrence: None };
            Room { case: "a".to_owned(), dtype: Dtype::Float64, address, bound, worst }
        };
        let rooms: Vec<_> = rooms.iter().map(room).collect();
        let mut summaries = summarize(&rooms);
        summaries.retain(|s| s.stage == Stage::Losses && s.dtype == Dtype::Float64);
        summaries.pop().unwrap()
    }

    #[test]
    fn median_and_largest_are_of_the_arrays_with_an_error() {
        let summary = summary(&[(1e-10, 1e-11), (8e-10, 1e-11), (2e-10, 1e-11), (1e-3, 0.0)]);
        assert!((summary.median() - 20.0).abs() < 1e-9);
        assert!((summary.largest().unwrap().ratio() - 80.0).abs() < 1e-9);
        assert_eq!((summary.rooms.len(), summary.exact.len()), (3, 1));
        assert_eq!(summary.fault(), None);
    }

    #[test]
    fn too_much_room_is_a_fault() {
        let median = summary(&[(1e-10, 1e-11), (1.1e-9, 1e-11)]).fault().unwrap();
        assert!(median.contains("median is 110.0"), "{median}");
        let largest = summary(&[(1e-10, 1e-11), (1e-10, 1e-11), (1.1e-7, 1e-11)]).fault().unwrap();
        assert!(largest.contains("largest is 11000.0"), "{largest}");
    }

    #[test]
    fn no_room_nothing_measured_and_nan_are_faults() {
        assert!(summary(&[(1e-12, 1e-11)]).fault().unwrap().contains("beyond"));
        assert!(summary(&[(1e-12, f64::INFINITY)]).fault().unwrap().contains("beyond"));
        assert!(summary(&[(f64::NAN, 1e-11)]).fault().is_some());
        assert!(summary(&[(1e-12, f64::NAN)]).fault().is_some());
        assert!(summary(&[(1e-12, 0.0)]).fault().unwrap().contains("no array"));
    }

    #[test]
    fn an_error_below_one_unit_roundoff_counts_as_one() {
        let summary = summary(&[(16.0 * 2_f64.powi(-53), 1e-30)]);
        assert_eq!(summary.largest().unwrap().ratio(), 16.0);
    }
}
