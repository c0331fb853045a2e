//! The averages of one preconditioned layer, and its matrices.

use super::tensors::{size, upload};
use fixtures::LayerState;
use fixtures::model::Preconditioned;
use gpu::NamedTensors;
use tch::{Kind, Tensor};

/// A layer's averages (S20).
pub struct Averages {
    /// `V`, `[groups, columns]`.
    pub v: Tensor,
    /// `M`, `[out, columns]`.
    pub m: Tensor,
}

impl Averages {
    /// The beginning of a run.
    pub fn zeros(layer: &Preconditioned, kind: Kind) -> Self {
        let [groups, out, columns] = [layer.groups(), layer.out(), layer.columns()].map(size);
        let zeros = |rows| Tensor::zeros([rows, columns], (kind, tch::Device::Cpu));
        Self { v: zeros(groups), m: zeros(out) }
    }

    /// Goes on from a saved state, if there is one.
    pub fn restore(&mut self, saved: Option<&LayerState>) {
        if let Some(saved) = saved {
            self.restore_v(saved);
            self.restore_m(saved);
        }
    }

    /// Goes on from a saved `V`.
    pub fn restore_v(&mut self, saved: &LayerState) {
        let v = Tensor::from_slice(&saved.ema).to_kind(self.v.kind());
        self.v = v.view_as(&self.v);
    }

    /// Goes on from a saved `M`.
    pub fn restore_m(&mut self, saved: &LayerState) {
        self.m = upload(&saved.momentum, self.m.kind());
    }
}

/// `[weight as [out, inputs] | bias]`, `[out, columns]` (S9).
pub fn matrix(layer: &Preconditioned, tensors: &NamedTensors) -> Tensor {
    let part = |part: &str| {
        let tensor = tensors.get(&format!("{}.{part}", layer.name))?;
        Some(tensor.detach().reshape([size(layer.out()), -1]))
    };
    Tensor::cat(&["weight", "bias"].into_iter().filter_map(part).collect::<Vec<_>>(), 1)
}

/// The columns of the inputs, and that of the bias; none, `[_, 0]`, without a bias.
pub fn columns(layer: &Preconditioned, x: &Tensor) -> [Tensor; 2] {
    let bias = i64::from(layer.bias());
    let inputs = x.size()[1] - bias;
    [x.narrow(1, 0, inputs), x.narrow(1, inputs, bias)]
}

/// Each column `j` of `[out, columns]` times the `s_j` of the row's group (S11).
pub fn scaled(x: &Tensor, s: &Tensor) -> Tensor {
    // [out, columns] → [groups, out/groups, columns]
    let x = x.view([s.size()[0], -1, s.size()[1]]);
    (x * s.unsqueeze(1)).flatten(0, 1)
}
