//! S4: other patches of a convolution.

use crate::mistake::mistakes;
#[cfg(feature = "tch")]
use crate::port;
use fixtures::Conv2d;
use fixtures::model::{Preconditioned, PreconditionedLayer};
use slow::rows::{Tap, patches, pixel, taps, windows};
use slow::{Array, Rows, Scalar};
#[cfg(feature = "tch")]
use tch::Tensor;

mistakes! {
    "padding-ignored", "S4", Patches, PaddingIgnored, "patches of the image without its padding";
    "padding-not-counted", "S4", Patches, PaddingNotCounted::default(), "padding left out of N";
    "padding-replicated", "S4", Patches, PaddingReplicated, "padding by the border's pixels instead of zeros";
    "stride-ignored", "S4", Patches, StrideIgnored, "patches at stride 1";
    "dilation-ignored", "S4", Patches, DilationIgnored, "patches without dilation";
    "kernel-flipped", "S4", Patches, KernelFlipped, "the kernel's taps in reverse, a convolution in the mathematical sense";
    "channels-last", "S4", Patches, ChannelsLast, "columns in the order (kernel y, kernel x, channel)";
    "kernel-transposed", "S4", Patches, KernelTransposed, "columns in the order (channel, kernel x, kernel y)";
    "channel-means", "S4", Patches, ChannelMeans, "one mean per channel of the image for all taps of the kernel";
}

#[derive(Clone)]
struct PaddingIgnored;

/// Of a kernel that does not fit the image without its padding, every column but the bias's is 0.
impl<S: Scalar> slow::Clauses<S> for PaddingIgnored {
    fn rows(&mut self, layer: &Preconditioned, input: &Array<S>) -> Vec<Rows<S>> {
        of_another(layer, input, |l| Conv2d { padding: [0, 0], ..l.clone() })
    }

    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        match rows.count() {
            0 => (0..rows.columns).map(|j| S::new(f64::from(u8::from(rows.is_bias(j))))).collect(),
            _ => slow::Definition.mean_square(rows),
        }
    }
}

/// Of a kernel that does not fit the image without its padding, one row of zeros per sample.
#[cfg(feature = "tch")]
impl port::Clauses for PaddingIgnored {
    fn rows(&mut self, layer: &Preconditioned, x: &Tensor) -> Tensor {
        in_port(layer, x, |cut| {
            let reach = |axis: usize| cut.dilation[axis] * (cut.kernel[axis] - 1);
            let windows = if (0..2).all(|axis| reach(axis) < x.size()[2 + axis]) {
                port::Cut { padding: [0, 0], ..*cut }.windows(x)
            } else {
                let columns = x.size()[1] * cut.kernel[0] * cut.kernel[1];
                Tensor::zeros([x.size()[0], columns, 1], (x.kind(), x.device()))
            };
            port::in_order(&cut.taps(&windows))
        })
    }
}

/// `inside`: in how many rows each column's tap lies inside the image.
#[derive(Clone, Default)]
struct PaddingNotCounted<I> {
    inside: I,
}

/// `inside` of one sample, the same for all groups.
impl<S: Scalar> slow::Clauses<S> for PaddingNotCounted<Vec<usize>> {
    fn rows(&mut self, layer: &Preconditioned, input: &Array<S>) -> Vec<Rows<S>> {
        let rows = slow::Definition.rows(layer, input);
        self.inside = match layer.layer {
            PreconditionedLayer::Linear(_) => vec![rows[0].positions; rows[0].columns],
            PreconditionedLayer::Conv2d(l) => {
                let along = |axis: usize, tap| {
                    let extent = input.shape[2 + axis];
                    let inside = |window: &usize| pixel(l, axis, *window, tap, extent).is_some();
                    (0..windows(l, extent, axis)).filter(inside).count()
                };
                let of_taps = taps(l).into_iter().map(|[_, ky, kx]| along(0, ky) * along(1, kx));
                of_taps.chain(l.bias.then_some(rows[0].positions)).collect()
            }
        };
        rows
    }

    fn mean_square(&mut self, rows: &Rows<S>) -> Vec<S> {
        let column = |(j, &inside): (usize, &usize)| match inside {
            0 => S::new(0.0),
            _ => {
                let squares = slow::sum(rows.column(j).map(|x| x * x));
                squares / S::new((rows.batch * inside) as f64)
            }
        };
        self.inside.iter().enumerate().map(column).collect()
    }
}

/// `inside` of all samples, `[groups, columns]`; of a column whose taps all lie in the padding, 0/1.
#[cfg(feature = "tch")]
impl port::Clauses for PaddingNotCounted<Option<Tensor>> {
    fn rows(&mut self, layer: &Preconditioned, x: &Tensor) -> Tensor {
        let ones = port::Definition.rows(layer, &x.ones_like());
        self.inside = Some(port::sum(&port::with_one(layer, &ones)));
        port::Definition.rows(layer, x)
    }

    fn mean_square(&mut self, _: &Preconditioned, rows: &Tensor) -> Tensor {
        let inside = self.inside.as_ref().expect("rows come first");
        port::sum(&rows.square()) / inside.clamp_min(1)
    }
}

#[derive(Clone)]
struct PaddingReplicated;

impl<S: Scalar> slow::Clauses<S> for PaddingReplicated {
    fn rows(&mut self, layer: &Preconditioned, input: &Array<S>) -> Vec<Rows<S>> {
        by_groups(layer, input, |l, group| patches(l, input, group, &taps(l), nearest_pixel))
    }
}

fn nearest_pixel(
    l: &Conv2d,
    axis: usize,
    window: usize,
    tap: usize,
    extent: usize,
) -> Option<usize> {
    let padded = window * l.stride[axis] + tap * l.dilation[axis];
    Some(padded.saturating_sub(l.padding[axis]).min(extent - 1))
}

#[cfg(feature = "tch")]
impl port::Clauses for PaddingReplicated {
    fn rows(&mut self, layer: &Preconditioned, x: &Tensor) -> Tensor {
        in_port(layer, x, |cut| {
            let [along_y, along_x] = cut.padding;
            let padded = x.replication_pad2d([along_x, along_x, along_y, along_y]);
            port::Cut { padding: [0, 0], ..*cut }.rows(&padded)
        })
    }
}

#[derive(Clone)]
struct StrideIgnored;

impl<S: Scalar> slow::Clauses<S> for StrideIgnored {
    fn rows(&mut self, layer: &Preconditioned, input: &Array<S>) -> Vec<Rows<S>> {
        of_another(layer, input, |l| Conv2d { stride: [1, 1], ..l.clone() })
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for StrideIgnored {
    fn rows(&mut self, layer: &Preconditioned, x: &Tensor) -> Tensor {
        in_port(layer, x, |cut| port::Cut { stride: [1, 1], ..*cut }.rows(x))
    }
}

#[derive(Clone)]
struct DilationIgnored;

impl<S: Scalar> slow::Clauses<S> for DilationIgnored {
    fn rows(&mut self, layer: &Preconditioned, input: &Array<S>) -> Vec<Rows<S>> {
        of_another(layer, input, |l| Conv2d { dilation: [1, 1], ..l.clone() })
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for DilationIgnored {
    fn rows(&mut self, layer: &Preconditioned, x: &Tensor) -> Tensor {
        in_port(layer, x, |cut| port::Cut { dilation: [1, 1], ..*cut }.rows(x))
    }
}

#[derive(Clone)]
struct KernelFlipped;

impl<S: Scalar> slow::Clauses<S> for KernelFlipped {
    fn rows(&mut self, layer: &Preconditioned, input: &Array<S>) -> Vec<Rows<S>> {
        reordered(layer, input, |taps, [height, width]| {
            for [_, ky, kx] in taps {
                (*ky, *kx) = (height - 1 - *ky, width - 1 - *kx);
            }
        })
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for KernelFlipped {
    fn rows(&mut self, layer: &Preconditioned, x: &Tensor) -> Tensor {
        in_port(layer, x, |cut| port::in_order(&cut.taps(&cut.windows(x)).flip([4, 5])))
    }
}

#[derive(Clone)]
struct ChannelsLast;

impl<S: Scalar> slow::Clauses<S> for ChannelsLast {
    fn rows(&mut self, layer: &Preconditioned, input: &Array<S>) -> Vec<Rows<S>> {
        reordered(layer, input, |taps, _| taps.sort_by_key(|&[c, ky, kx]| [ky, kx, c]))
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for ChannelsLast {
    fn rows(&mut self, layer: &Preconditioned, x: &Tensor) -> Tensor {
        in_port(layer, x, |cut| {
            port::in_order(&cut.taps(&cut.windows(x)).permute([0, 1, 2, 4, 5, 3]))
        })
    }
}

#[derive(Clone)]
struct KernelTransposed;

impl<S: Scalar> slow::Clauses<S> for KernelTransposed {
    fn rows(&mut self, layer: &Preconditioned, input: &Array<S>) -> Vec<Rows<S>> {
        reordered(layer, input, |taps, _| taps.sort_by_key(|&[c, ky, kx]| [c, kx, ky]))
    }
}

#[cfg(feature = "tch")]
impl port::Clauses for KernelTransposed {
    fn rows(&mut self, layer: &Preconditioned, x: &Tensor) -> Tensor {
        in_port(layer, x, |cut| {
            port::in_order(&cut.taps(&cut.windows(x)).permute([0, 1, 2, 3, 5, 4]))
        })
    }
}

/// A row per pixel, its channel's value at every tap.
#[derive(Clone)]
struct ChannelMeans;

impl<S: Scalar> slow::Clauses<S> for ChannelMeans {
    fn rows(&mut self, layer: &Preconditioned, input: &Array<S>) -> Vec<Rows<S>> {
        by_groups(layer, input, |l, group| pixels(l, input, group))
    }
}

fn pixels<S: Scalar>(l: &Conv2d, images: &Array<S>, group: usize) -> Rows<S> {
    let &[batch, channels, height, width] = &images.shape[..] else { unreachable!("images") };
    let (first, taps) = (group * (channels / l.groups), taps(l));
    let mut values = Vec::new();
    for sample in 0..batch {
        for pixel in 0..height * width {
            let (y, x) = (pixel / width, pixel % width);
            let place = |&[c, ..]: &Tap| images.pixel([sample, first + c, y, x]);
            values.extend(taps.iter().map(|tap| images.data[place(tap)]));
            values.extend(l.bias.then(|| S::new(1.0)));
        }
    }
    let columns = taps.len() + usize::from(l.bias);
    Rows { batch, positions: height * width, columns, bias: l.bias, values }
}

#[cfg(feature = "tch")]
impl port::Clauses for ChannelMeans {
    fn rows(&mut self, layer: &Preconditioned, x: &Tensor) -> Tensor {
        in_port(layer, x, |cut| {
            // [B, C, H, W] → [B, H·W, groups, c]
            let pixels = x.flatten(2, 3).transpose(1, 2).unflatten(2, [cut.groups, -1]);
            pixels.repeat_interleave_self_int(cut.kernel[0] * cut.kernel[1], 3, None)
        })
    }
}

/// The rows of each group of a convolution, or those that a linear layer has.
fn by_groups<S: Scalar>(
    layer: &Preconditioned,
    input: &Array<S>,
    rows: impl Fn(&Conv2d, usize) -> Rows<S>,
) -> Vec<Rows<S>> {
    match layer.layer {
        PreconditionedLayer::Linear(_) => slow::rows::rows(layer, input),
        PreconditionedLayer::Conv2d(l) => (0..l.groups).map(|group| rows(l, group)).collect(),
    }
}

/// As if a convolution were another one.
fn of_another<S: Scalar>(
    layer: &Preconditioned,
    input: &Array<S>,
    other: impl Fn(&Conv2d) -> Conv2d,
) -> Vec<Rows<S>> {
    by_groups(layer, input, |l, group| patches(&other(l), input, group, &taps(l), pixel))
}

/// With the taps in another order; `reorder` is told the kernel, too.
fn reordered<S: Scalar>(
    layer: &Preconditioned,
    input: &Array<S>,
    reorder: impl Fn(&mut [Tap], [usize; 2]),
) -> Vec<Rows<S>> {
    by_groups(layer, input, |l, group| {
        let mut taps = taps(l);
        reorder(&mut taps, l.kernel);
        patches(l, input, group, &taps, pixel)
    })
}

/// The rows of a convolution in the port, or those that a linear layer has.
#[cfg(feature = "tch")]
fn in_port(layer: &Preconditioned, x: &Tensor, rows: impl Fn(&port::Cut) -> Tensor) -> Tensor {
    match layer.layer {
        PreconditionedLayer::Linear(_) => port::rows(layer, x),
        PreconditionedLayer::Conv2d(l) => rows(&port::Cut::of(l)),
    }
}
