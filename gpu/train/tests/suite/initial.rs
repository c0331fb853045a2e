//! Initial values of a seed.

use crate::generator;
use fixtures::run::Model;
use tch::{Kind, Tensor};
use train::initial::draw;

fn values(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor.to_kind(Kind::Double).flatten(0, -1);
    Vec::try_from(flat).unwrap()
}

#[test]
fn a_seed_gives_the_weights_that_pytorch_gives() {
    let _alone = generator::alone();
    // The first values that the authors' constructors give after torch.manual_seed(7), in
    // PyTorch 2.11.0 on the CPU.
    let cases = [
        (Model::Resnet20, "conv1.weight", CONV1_RESNET20),
        (Model::Resnet20, "linear.bias", LINEAR_BIAS_RESNET20),
        (Model::Resnet34, "linear.bias", LINEAR_BIAS_RESNET34),
        (Model::Densenet121, "linear.bias", LINEAR_BIAS_DENSENET121),
    ];
    for (model, name, expected) in cases {
        let initial = draw(model, 7, Kind::Float);
        for (got, expected) in values(&initial.parameters[name]).into_iter().zip(expected) {
            // How a normal number is made of uniform ones rounds as the processor's vectors do.
            assert!((got - expected).abs() <= 1e-6, "{model} {name}: {got}, not {expected}");
        }
    }
}

const CONV1_RESNET20: [f64; 3] = [0.1396654099225998, -0.22584956884384155, 0.03476085141301155];
const LINEAR_BIAS_RESNET20: [f64; 3] =
    [0.10294274985790253, -0.007429003715515137, 0.03700464963912964];
const LINEAR_BIAS_RESNET34: [f64; 3] =
    [0.020465219393372536, 0.016933776438236237, 0.03594299033284187];
const LINEAR_BIAS_DENSENET121: [f64; 3] =
    [-0.026110239326953888, -0.015882186591625214, 0.0011473745107650757];

#[test]
fn normalisations_begin_as_the_identity() {
    let _alone = generator::alone();
    let initial = draw(Model::Resnet20, 1, Kind::Double);
    let all = |tensor: &Tensor, value: f64| values(tensor).iter().all(|&x| x == value);
    assert!(all(&initial.parameters["bn1.weight"], 1.0));
    assert!(all(&initial.parameters["bn1.bias"], 0.0));
    assert!(all(&initial.buffers["bn1.running_mean"], 0.0));
    assert!(all(&initial.buffers["bn1.running_var"], 1.0));
}
