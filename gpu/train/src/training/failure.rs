//! A loss that is no longer finite: where it began.

use super::learner::Learner;
use gpu::optimizer::Optimizer;
use gpu::{Network, Observer};
use tch::{Kind, Tensor};

/// What is not finite, the earliest cause first.
pub fn diagnose(learner: &Learner, images: &Tensor) -> String {
    let Learner { network, optimizer } = learner;
    if let Some((name, _)) = network.parameters().iter().find(|(_, tensor)| !is_finite(tensor)) {
        return format!(
            "parameter {name} is not finite{}: the step before was too large; try a smaller --lr \
             or a larger --eps",
            first_layer(network, images).map_or(String::new(), |layer| format!(
                ", and {layer} is the first layer whose input is not"
            ))
        );
    }
    if let Optimizer::AdaAct(adaact, _) = optimizer
        && let Some(layer) = adaact.first_not_finite()
    {
        return format!(
            "layer {layer} is the first whose average of squared inputs (V) left the range of its \
             dtype; try a smaller --lr"
        );
    }
    match first_layer(network, images) {
        Some(layer) => format!(
            "layer {layer} is the first whose input's mean square left the range of its dtype; try \
             a smaller --lr"
        ),
        None => "all inputs of layers are finite, the loss itself overflowed; try a smaller --lr"
            .to_owned(),
    }
}

fn is_finite(tensor: &Tensor) -> bool {
    bool::try_from(tensor.isfinite().all()).unwrap_or(false)
}

/// The first layer of a training forward whose input has no finite mean square.
///
/// The forward moves running statistics: the state has to be saved before.
fn first_layer(network: &Network, images: &Tensor) -> Option<String> {
    let mut first = First { layer: None };
    let _ = tch::no_grad(|| network.train(images, &mut first));
    first.layer.and_then(|number| network.layer_names().nth(number).map(str::to_owned))
}

struct First {
    layer: Option<usize>,
}

impl Observer for First {
    fn observe(&mut self, layer: usize, input: &Tensor) {
        let finite = input.square().mean(Kind::Double).double_value(&[]).is_finite();
        if !finite && self.layer.is_none() {
            self.layer = Some(layer);
        }
    }
}
