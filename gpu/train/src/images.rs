//! Labelled images on the device, and the batches that training draws from them.
//!
//! The whole set lies on the device as uint8, already padded. A batch is one gather: position
//! `(c, y, x)` of image `n` reads `padded[n, c, y + dy, x' + dx]`, with `x' = 31 − x` if the image
//! is flipped. Padding is of black pixels, before normalisation, as in the authors' recipe.

use crate::data::Images;
use fixtures::run::Dataset;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::Range;
use tch::{Device, Kind, Tensor};

/// Pixels on an axis.
const SIDE: i64 = 32;
/// Black pixels on each side; a crop moves by up to this many.
const PADDING: i64 = 4;
const PADDED: i64 = SIDE + 2 * PADDING;
const CHANNELS: i64 = 3;

/// Mean and standard deviation of every channel, of pixels in `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalisation {
    /// Subtracted.
    pub mean: [f64; 3],
    /// Divided by.
    pub std: [f64; 3],
}

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

/// The views of an epoch in the order in which they are trained on, on the device.
pub struct Epoch {
    views: Vec<View>,
    /// Where each view's first row begins in the padded set, `[n]`.
    start: Tensor,
    /// Step from pixel to pixel, 1 or −1, `[n]`.
    direction: Tensor,
}

/// Images with their classes, normalised.
pub struct Batch {
    /// `[batch, 3, 32, 32]`
    pub images: Tensor,
    /// `[batch]`
    pub classes: Tensor,
}

/// A set of images on a device.
pub struct ImageSet {
    /// `[n, 3, 40, 40]`, uint8
    padded: Tensor,
    /// `[n]`
    classes: Tensor,
    /// Offsets of a crop's rows, `[1, 3, 32, 1]`.
    rows: Tensor,
    /// `0…31`, `[1, 1, 1, 32]`
    columns: Tensor,
    /// `[1, 3, 1, 1]`
    mean: Tensor,
    /// `[1, 3, 1, 1]`
    std: Tensor,
    /// Whether batches lie channel by channel in a pixel.
    channels_last: bool,
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

impl View {
    /// The image as it is.
    #[must_use]
    pub fn whole(image: usize) -> Self {
        Self { image, offset: [PADDING as usize; 2], flipped: false }
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
                view.offset = [0, 1].map(|_| random.random_range(0..=2 * PADDING as usize));
                view.flipped = random.random();
            }
        }
        views
    }
}

impl Epoch {
    /// Brings views to a device.
    #[must_use]
    pub fn new(views: Vec<View>, device: Device) -> Self {
        let start = |view: &View| {
            let [y, x] = view.offset.map(|offset| offset as i64);
            let first = if view.flipped { SIDE - 1 } else { 0 };
            (view.image as i64 * CHANNELS * PADDED + y) * PADDED + x + first
        };
        let direction = |view: &View| if view.flipped { -1 } else { 1 };
        let upload = |of: &dyn Fn(&View) -> i64| {
            Tensor::from_slice(&views.iter().map(of).collect::<Vec<i64>>()).to_device(device)
        };
        let (start, direction) = (upload(&start), upload(&direction));
        Self { views, start, direction }
    }

    /// Number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.views.len()
    }

    /// Whether there is nothing to train on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
    }
}

impl ImageSet {
    /// Brings images to a device; batches will be of `kind`.
    #[must_use]
    pub fn new(images: &Images, normalisation: Normalisation, kind: Kind, device: Device) -> Self {
        let pixels = Tensor::from_slice(&images.pixels).to_device(device);
        let padded = pixels.view([-1, CHANNELS, SIDE, SIDE]).constant_pad_nd([PADDING; 4]);
        let classes = Tensor::from_slice(&images.classes).to_kind(Kind::Int64).to_device(device);
        let axis = |n| Tensor::arange(n, (Kind::Int64, device));
        let planes = axis(CHANNELS).view([1, -1, 1, 1]) * (PADDED * PADDED);
        let rows = planes + axis(SIDE).view([1, 1, -1, 1]) * PADDED;
        let channel = |values: [f64; 3]| {
            Tensor::from_slice(&values).to_kind(kind).to_device(device).view([1, CHANNELS, 1, 1])
        };
        Self {
            padded,
            classes,
            rows,
            columns: axis(SIDE).view([1, 1, 1, -1]),
            mean: channel(normalisation.mean),
            std: channel(normalisation.std),
            channels_last: false,
        }
    }

    /// Batches of the same shape whose channels lie side by side: convolutions then keep their
    /// activations like this.
    #[must_use]
    pub fn channels_last(self) -> Self {
        Self { channels_last: true, ..self }
    }

    /// Number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.classes.numel()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The images of a part of an epoch, cropped, flipped and normalised.
    #[must_use]
    pub fn batch(&self, epoch: &Epoch, part: Range<usize>) -> Batch {
        let (from, count) = (part.start as i64, part.len() as i64);
        let of = |tensor: &Tensor| tensor.narrow(0, from, count).view([-1, 1, 1, 1]);
        // [B, 1, 1, 1] + [1, 3, 32, 1] + [B, 1, 1, 1]·[1, 1, 1, 32] → [B, 3, 32, 32]
        let at = (of(&epoch.start) + &self.rows) + of(&epoch.direction) * &self.columns;
        let pixels = self.padded.take(&at).to_kind(self.mean.kind());
        let mut images = pixels / 255.0;
        images -= &self.mean;
        images /= &self.std;
        if self.channels_last {
            images = images.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
        }
        let numbers: Vec<i64> = epoch.views[part].iter().map(|view| view.image as i64).collect();
        let numbers = Tensor::from_slice(&numbers).to_device(self.padded.device());
        Batch { images, classes: self.classes.index_select(0, &numbers) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPU: Device = Device::Cpu;

    fn images(n: usize, seed: u64) -> Images {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let pixels = (0..n * 3072).map(|_| random.random()).collect();
        let classes = (0..n).map(|_| random.random_range(0..10)).collect();
        Images { pixels, classes }
    }

    /// One pixel of one view, as the recipe says it: pad with black, crop, flip, scale to [0, 1],
    /// normalise.
    fn plain(images: &Images, norm: Normalisation, view: View, [c, y, x]: [usize; 3]) -> f64 {
        let x = if view.flipped { 31 - x } else { x };
        // In the padded image; its first 4 rows and columns are black.
        let [py, px] = [y + view.offset[0], x + view.offset[1]];
        let inside = (4..36).contains(&py) && (4..36).contains(&px);
        let pixel = match inside {
            true => images.pixels[((view.image * 3 + c) * 32 + py - 4) * 32 + px - 4],
            false => 0,
        };
        (f64::from(pixel) / 255.0 - norm.mean[c]) / norm.std[c]
    }

    #[test]
    fn a_batch_is_what_the_recipe_makes_of_each_image() {
        let (seed, n) = (11, 50);
        println!("seed {seed}");
        let images = images(n, seed);
        let norm = Normalisation::of(Dataset::Cifar100);
        let set = ImageSet::new(&images, norm, Kind::Double, CPU);
        let sampling = Sampling { seed, augment: true, shuffle: true };
        let views = sampling.views(3, n);
        assert!(
            views.iter().any(|v| v.flipped)
                && views.iter().any(|v| v.offset == [0, 8] || v.offset[0] != v.offset[1]),
            "the draw shows something"
        );
        let epoch = Epoch::new(views.clone(), CPU);
        for part in [0..17, 17..34, 34..50] {
            let batch = set.batch(&epoch, part.clone());
            assert_eq!(batch.images.size(), [part.len() as i64, 3, 32, 32]);
            let got = gpu::download(&batch.images).data;
            let classes = gpu::download(&batch.classes).data;
            for (b, &view) in views[part].iter().enumerate() {
                assert_eq!(classes[b], f64::from(images.classes[view.image]));
                for c in 0..3 {
                    for y in 0..32 {
                        for x in 0..32 {
                            let at = ((b * 3 + c) * 32 + y) * 32 + x;
                            assert_eq!(got[at], plain(&images, norm, view, [c, y, x]), "{view:?}");
                        }
                    }
                }
            }
        }
    }

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
