//! A whole set on the device, and batches gathered from it.
//!
//! Position `(c, y, x)` of image `n` reads `padded[n, c, y + dy, x' + dx]`, with `x' = 31 − x` if
//! the image is flipped. Padding is of black pixels, before normalisation, as in the authors'
//! recipe.

use super::normalisation::Normalisation;
use super::view::{self, View};
use crate::batch::Batch;
use crate::data::Images;
use fixtures::run::Settings;
use std::ops::Range;
use tch::{Device, Kind, Tensor};

/// Pixels on an axis.
const SIDE: i64 = 32;
const PADDING: i64 = view::PADDING as i64;
const PADDED: i64 = SIDE + 2 * PADDING;
const CHANNELS: i64 = 3;

/// The views of an epoch in the order in which they are trained on, on the device.
pub struct Views {
    views: Vec<View>,
    /// Where each view's first row begins in the padded set, `[n]`.
    start: Tensor,
    /// Step from pixel to pixel, 1 or −1, `[n]`.
    direction: Tensor,
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

impl Views {
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
    /// Brings images to a device, as the settings of a run have them.
    #[must_use]
    pub fn of(images: &Images, settings: &Settings, device: Device) -> Self {
        let normalisation = Normalisation::of(settings.dataset);
        let set = Self::new(images, normalisation, gpu::kind(settings.dtype), device);
        if settings.channels_last { set.channels_last() } else { set }
    }

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
    pub fn batch(&self, epoch: &Views, part: Range<usize>) -> Batch {
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

    /// The batches of an epoch from number `from` on, of `size` images each; the last may be
    /// smaller.
    pub fn batches(&self, epoch: Views, size: usize, from: u64) -> impl Iterator<Item = Batch> {
        let starts = (from as usize * size..epoch.len()).step_by(size);
        starts.map(move |start| self.batch(&epoch, start..epoch.len().min(start + size)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::Sampling;
    use super::*;
    use fixtures::run::Dataset;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

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
        let epoch = Views::new(views.clone(), CPU);
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
}
