//! The cross-entropy of a batch, and how many of its images are classified rightly.

use crate::batch::Batch;
use tch::{Kind, Reduction, Tensor};

/// Mean or sum over the batch of `−log softmax(logits)[class]`, a scalar.
pub fn cross_entropy(logits: &Tensor, batch: &Batch, reduction: Reduction) -> Tensor {
    logits.cross_entropy_loss(&batch.classes, None::<&Tensor>, reduction, -1, 0.0)
}

/// Images whose largest logit is that of their class.
pub fn correct(logits: &Tensor, batch: &Batch) -> i64 {
    logits.argmax(1, false).eq_tensor(&batch.classes).sum(Kind::Int64).int64_value(&[])
}
