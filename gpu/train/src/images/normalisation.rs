//! From pixels to numbers around zero.

use fixtures::run::Dataset;

/// Mean and standard deviation of every channel, of pixels in `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalisation {
    /// Subtracted.
    pub mean: [f64; 3],
    /// Divided by.
    pub std: [f64; 3],
}

impl Normalisation {
    /// The recipe's (`cifar10/main.py` and `cifar100/main.py` at `bbfcfad`).
    #[must_use]
    pub fn of(dataset: Dataset) -> Self {
        match dataset {
            Dataset::Cifar10 => {
                Self { mean: [0.4914, 0.4822, 0.4465], std: [0.2470, 0.2435, 0.2616] }
            }
            Dataset::Cifar100 => {
                Self { mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762] }
            }
        }
    }
}
