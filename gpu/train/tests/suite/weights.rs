//! Weights under PyTorch's names.

use crate::generator;
use fixtures::run::Model;
use gpu::{Error, Network};
use tch::Kind;
use train::{initial, weights};

#[test]
fn what_was_exported_is_imported() {
    let _alone = generator::alone();
    for model in Model::ALL {
        let layers = model.layers();
        let drawn = initial::draw(model, 3, Kind::Float);
        let network = Network::new(&layers, drawn.parameters, drawn.buffers).unwrap();
        let mut exported = weights::export(&network);
        // As PyTorch's state_dict has it.
        exported.insert("bn.num_batches_tracked".to_owned(), tch::Tensor::from(7_i64));
        let imported = weights::import(&layers, exported, Kind::Float).unwrap();
        assert_eq!(&imported.parameters, network.parameters(), "{model}");
        assert_eq!(&imported.buffers, network.buffers(), "{model}");
    }
}

#[test]
fn what_does_not_fit_is_named_as_pytorch_names_it() {
    let _alone = generator::alone();
    let layers = Model::Resnet20.layers();
    let of = |model: Model| {
        let drawn = initial::draw(model, 3, Kind::Float);
        let network = Network::new(&model.layers(), drawn.parameters, drawn.buffers).unwrap();
        weights::export(&network)
    };
    let refusal = |tensors| weights::import(&layers, tensors, Kind::Float).err().unwrap();

    let mut missing = of(Model::Resnet20);
    missing.remove("layer2.0.conv1.weight");
    let error = refusal(missing);
    assert!(
        matches!(&error, Error::Missing { name } if name == "layer2.0.conv1.weight"),
        "{error}"
    );

    let error = refusal(of(Model::Resnet32));
    assert!(matches!(&error, Error::Surplus { name } if name.starts_with("layer1.3.")), "{error}");

    let error = refusal(of(Model::Resnet34));
    assert!(matches!(&error, Error::Shape { name, .. } if name == "conv1.weight"), "{error}");
}
