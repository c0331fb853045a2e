//! A network whose layers are used once: every further use of one is a layer of its own with the
//! same parameters. So the gradient of each use can be had alone (S17).

use anyhow::Result;
use fixtures::model::join;
use fixtures::{Concat, Conv2d, Layer, Linear, Residual};
use gpu::{NamedTensors, Network, Unobserved};
use tch::Tensor;

/// A network taken apart; its parameters are another network's.
pub struct Apart {
    network: Network,
    uses: Vec<Use>,
}

/// A further use of a layer.
struct Use {
    /// The full name of the layer that stands for it.
    name: String,
    /// That of the layer itself.
    of: String,
}

impl Apart {
    /// The model on parameters that stay shared with the caller, and with buffers of its own.
    pub fn new(model: &[Layer], network: &Network) -> Result<Self> {
        let (parameters, buffers) = (network.parameters(), network.buffers());
        let mut uses = Vec::new();
        let model = apart(model, "", &mut uses);
        let leaf = |p: &Tensor| p.detach().set_requires_grad(true);
        let mut leaves: NamedTensors =
            parameters.iter().map(|(name, p)| (name.clone(), leaf(p))).collect();
        for Use { name, of } in &uses {
            for part in ["weight", "bias"] {
                let parameter = parameters.get(&format!("{of}.{part}"));
                leaves.extend(parameter.map(|p| (format!("{name}.{part}"), leaf(p))));
            }
        }
        let buffers = buffers.iter().map(|(name, b)| (name.clone(), b.copy())).collect();
        Ok(Self { network: Network::new(&model, leaves, buffers)?, uses })
    }

    /// Every parameter's gradient of `loss` of the output, that of its last use.
    pub fn gradients(&mut self, input: &Tensor, loss: impl Fn(&Tensor) -> Tensor) -> NamedTensors {
        self.network.clear_gradients();
        let loss = loss(&self.network.train(input, &mut Unobserved));
        if loss.requires_grad() {
            loss.backward();
        }
        let leaves = self.network.parameters();
        let mut gradients: NamedTensors =
            leaves.iter().map(|(name, p)| (name.clone(), p.grad())).collect();
        for Use { name, of } in &self.uses {
            for part in ["weight", "bias"] {
                let gradient = gradients.remove(&format!("{name}.{part}"));
                gradients.extend(gradient.map(|g| (format!("{of}.{part}"), g)));
            }
        }
        gradients
    }
}

/// The layers with every further use as a layer of its own; `uses` lists these in order.
fn apart(layers: &[Layer], prefix: &str, uses: &mut Vec<Use>) -> Vec<Layer> {
    let mut single = Vec::new();
    for layer in layers {
        single.push(match layer {
            Layer::Shared { of } => {
                let name = format!("{of}-again-{}", single.len());
                uses.push(Use { name: join(prefix, &name), of: join(prefix, of) });
                match layers.iter().find(|layer| layer.name() == Some(of)) {
                    Some(Layer::Linear(l)) => Layer::Linear(Linear { name, ..l.clone() }),
                    Some(Layer::Conv2d(l)) => Layer::Conv2d(Conv2d { name, ..l.clone() }),
                    _ => unreachable!("a validated case shares these"),
                }
            }
            Layer::Residual(l) => {
                let prefix = join(prefix, &l.name);
                let body = apart(&l.body, &join(&prefix, "body"), uses);
                let shortcut = l.shortcut.as_ref();
                let shortcut = shortcut.map(|list| apart(list, &join(&prefix, "shortcut"), uses));
                Layer::Residual(Residual { body, shortcut, ..l.clone() })
            }
            Layer::Concat(l) => {
                let body = apart(&l.body, &join(&join(prefix, &l.name), "body"), uses);
                Layer::Concat(Concat { body, ..l.clone() })
            }
            layer => layer.clone(),
        });
    }
    single
}
