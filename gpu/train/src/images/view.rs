//! How images enter an epoch: in which order, where cropped, whether flipped.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Black pixels on each side; a crop moves by up to this many.
pub(super) const PADDING: usize = 4;

/// How one image enters a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Which image.
    pub image: usize,
    /// Where the crop begins in the padded image, `[y, x]`, each from 0 to 8; 4 is the image itself.
    pub offset: [usize; 2],
    /// Whether left and right are exchanged.
    pub flipped: bool,
}

/// What is random in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Seed of the generator.
    pub seed: u64,
    /// Whether images are cropped and flipped at random.
    pub augment: bool,
    /// Whether every epoch has an order of its own.
    pub shuffle: bool,
}

impl View {
    /// The image as it is.
    #[must_use]
    pub fn whole(image: usize) -> Self {
        Self { image, offset: [PADDING; 2], flipped: false }
    }
}

impl Sampling {
    /// The views of an epoch over `n` images.
    ///
    /// They depend on the seed and the epoch alone: ChaCha8 with the epoch as its stream. So an
    /// epoch can be gone on with at any place, without having drawn those before.
    #[must_use]
    pub fn views(&self, epoch: u64, n: usize) -> Vec<View> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(epoch);
        let mut views: Vec<_> = (0..n).map(View::whole).collect();
        if self.shuffle {
            views.shuffle(&mut random);
        }
        if self.augment {
            for view in &mut views {
                view.offset = [0, 1].map(|_| random.random_range(0..=2 * PADDING));
                view.flipped = random.random();
            }
        }
        views
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_augmentation_and_order_the_images_come_as_they_are() {
        let sampling = Sampling { seed: 1, augment: false, shuffle: false };
        assert_eq!(sampling.views(5, 3), [0, 1, 2].map(View::whole));
    }

    #[test]
    fn an_epoch_has_every_image_once_and_an_order_of_its_own() {
        let sampling = Sampling { seed: 12, augment: true, shuffle: true };
        let (first, second) = (sampling.views(0, 1000), sampling.views(1, 1000));
        assert_ne!(first, second);
        assert_eq!(first, sampling.views(0, 1000), "drawn again");
        let mut numbers: Vec<_> = first.iter().map(|view| view.image).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
        // Each of the 81 offsets is expected 98.8 times among 8000; each flip 4000 times.
        let views: Vec<_> = (0..8).flat_map(|epoch| sampling.views(epoch, 1000)).collect();
        let count = |of: &dyn Fn(&View) -> bool| views.iter().filter(|view| of(view)).count();
        for y in 0..9 {
            for x in 0..9 {
                let seen = count(&|view| view.offset == [y, x]);
                assert!((50..150).contains(&seen), "[{y}, {x}]: {seen}"); // five standard deviations
            }
        }
        let flipped = count(&|view| view.flipped);
        assert!((3776..4224).contains(&flipped), "{flipped}"); // five standard deviations
    }
}
