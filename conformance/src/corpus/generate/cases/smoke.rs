//! The first case of a porter: small enough for pencil and paper.

use fixtures::{
    Case, CaseDtype, CaseSchema, Forward, Layer, Linear, Loss, Mode, Optimizer, Step, Target,
    Tensor,
};

/// One linear layer, one row a batch. Every stage of both steps is a short decimal:
///
/// | stage | `steps[0]` | `steps[1]` |
/// | --- | --- | --- |
/// | `outputs` | 0.75 | 3.75 |
/// | `losses` | 0.25 | 0.5625 |
/// | `mean_square` | 2.25, 81 | 0.0625, 25 |
/// | `ema` | 0.5625, 20.25 | 0.4375, 21.4375 |
/// | `scale` | 0.4, 0.1 (`V̂` = 2.25, 81) | 0.5, 0.125 (`V̂` = 1, 49) |
/// | `gradient` | 1.5, −9 | 0.375, 7.5 |
/// | `momentum` | 0.75, −4.5 | 0.5625, 1.5 |
/// | `update` | 0.6, −0.9 (`M̂` = 1.5, −9) | 0.375, 0.25 (`M̂` = 0.75, 2) |
/// | `parameters` | 1.5, 0.675 | 1.1625, 0.4825 |
pub fn cases() -> Vec<Case> {
    let forward = |x: [f64; 2], target: f64| Forward {
        mode: Mode::Train,
        input: Tensor::new([1, 2], x.to_vec()),
        target: Target::Values(Tensor::new([1, 1], vec![target])),
        loss_scale: 1.0,
    };
    let step = |x, target| Step { lr: None, skip: false, forwards: vec![forward(x, target)] };
    vec![Case {
        schema: CaseSchema::V1,
        name: "smoke".to_owned(),
        description:
            "One linear layer, two steps, to be done by hand: every stage is a short decimal."
                .to_owned(),
        clauses: ["S3", "S6", "S7", "S8", "S10", "S11", "S12"].map(str::to_owned).to_vec(),
        dtype: CaseDtype::Float64,
        model: vec![Layer::Linear(Linear {
            name: "fc".to_owned(),
            in_features: 2,
            out_features: 1,
            bias: false,
        })],
        loss: Loss::MeanSquaredError,
        optimizer: Optimizer {
            lr: 0.5,
            betas: [0.5, 0.75],
            eps: 1.0,
            weight_decay: 0.2,
            groups: Vec::new(),
        },
        parameters: [("fc.weight".to_owned(), Tensor::new([1, 2], vec![2.0, 0.25]))].into(),
        buffers: [].into(),
        state: None,
        steps: vec![step([1.5, -9.0], 0.25), step([0.25, 5.0], 3.0)],
    }]
}
