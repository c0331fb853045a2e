//! Layers of layers, and the shortcut without parameters.

use crate::Activations;
use crate::layer::{Backward, Forward, Layer, Sequence, Tape};
use crate::parallel::map2;
use ndarray::{Array4, ArrayD, Axis, Ix4, Slice};

/// `body(x) + shortcut(x)`; an empty shortcut is the identity.
pub(crate) struct Residual {
    pub body: Sequence,
    pub shortcut: Sequence,
}

/// `[body(x), x]` along axis 1.
pub(crate) struct Concat {
    pub body: Sequence,
}

/// Every stride-th pixel, then channels of zeros before and after.
pub(crate) struct SubsamplePad2d(pub fixtures::SubsamplePad2d);

/// What the layers of the two branches keep.
pub(crate) struct Branches {
    body: Tape,
    shortcut: Tape,
}

/// What the layers of the body keep, and the channels of its output, which come first.
pub(crate) struct Stacked {
    body: Tape,
    channels: usize,
}

/// The shape of the input, which the output has lost.
pub(crate) struct InputShape(Vec<usize>);

impl Layer for Residual {
    type Kept = Branches;

    fn forward(&self, x: Activations, forward: &mut Forward) -> (Activations, Branches) {
        let (y, body) = Layer::forward(&self.body, x.clone(), forward);
        let (z, shortcut) = Layer::forward(&self.shortcut, x, forward);
        (map2(y, &z, |y, z| y + z), Branches { body, shortcut })
    }

    fn backward(&self, kept: Branches, dy: Activations, backward: &mut Backward) -> Activations {
        let dx = self.body.backward(kept.body, dy.clone(), backward);
        let dz = self.shortcut.backward(kept.shortcut, dy, backward);
        map2(dx, &dz, |dx, dz| dx + dz)
    }
}

impl Layer for Concat {
    type Kept = Stacked;

    fn forward(&self, x: Activations, forward: &mut Forward) -> (Activations, Stacked) {
        let (y, body) = Layer::forward(&self.body, x.clone(), forward);
        let channels = y.shape()[1];
        let mut shape = x.shape().to_vec();
        shape[1] += channels;
        let mut stacked = ArrayD::zeros(shape);
        stacked.slice_axis_mut(Axis(1), Slice::from(..channels)).assign(&y);
        stacked.slice_axis_mut(Axis(1), Slice::from(channels..)).assign(&x);
        (stacked.into_shared(), Stacked { body, channels })
    }

    fn backward(&self, kept: Stacked, dy: Activations, backward: &mut Backward) -> Activations {
        let part = |channels: Slice| {
            dy.slice_axis(Axis(1), channels).as_standard_layout().into_owned().into_shared()
        };
        let dx = self.body.backward(kept.body, part(Slice::from(..kept.channels)), backward);
        map2(dx, &part(Slice::from(kept.channels..)), |dx, dz| dx + dz)
    }
}

impl Layer for SubsamplePad2d {
    type Kept = InputShape;

    fn forward(&self, x: Activations, _: &mut Forward) -> (Activations, InputShape) {
        let shape = x.shape().to_vec();
        let x = x.into_dimensionality::<Ix4>().expect("[batch, channel, y, x]");
        let kept = x.slice_each_axis(|axis| self.pixels(axis.axis));
        let (batch, channels, height, width) = kept.dim();
        let mut y = Array4::zeros((batch, self.0.before + channels + self.0.after, height, width));
        y.slice_axis_mut(Axis(1), self.channels(channels)).assign(&kept);
        (y.into_dyn().into_shared(), InputShape(shape))
    }

    fn backward(
        &self,
        InputShape(shape): InputShape,
        dy: Activations,
        _: &mut Backward,
    ) -> Activations {
        let mut dx = ArrayD::zeros(shape.as_slice());
        dx.slice_each_axis_mut(|axis| self.pixels(axis.axis))
            .assign(&dy.slice_axis(Axis(1), self.channels(shape[1])));
        dx.into_shared()
    }
}

impl SubsamplePad2d {
    /// What stays of an axis of the input.
    fn pixels(&self, Axis(axis): Axis) -> Slice {
        let [y, x] = self.0.stride.map(|stride| isize::try_from(stride).unwrap_or(isize::MAX));
        Slice::new(0, None, [1, 1, y, x][axis])
    }

    /// The channels of the output that are not padding.
    fn channels(&self, input: usize) -> Slice {
        Slice::from(self.0.before..self.0.before + input)
    }
}
