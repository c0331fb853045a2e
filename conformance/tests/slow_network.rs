//! Samples differ by roundings, forks can be replayed and turned, uses are reported.

use conformance::single_steps;
use fixtures::model::{Preconditioned, plain_parameters, preconditioned};
use fixtures::{Case, Mode, StepTrace, Tensor, corpus};
use slow::{Array, Arrays, Compiled, Fork, Forks, Pass, Sampled, Scalar, passes};

/// Every step of the corpus, as a case of one step from the state before it, and its golden.
fn steps() -> Vec<(Case, StepTrace)> {
    let mut steps = Vec::new();
    for entry in corpus::entries(&corpus::root()).unwrap() {
        let (case, golden) = entry.read().unwrap();
        steps.extend(single_steps(&case, &golden).into_iter().zip(golden.steps));
    }
    steps
}

/// What the passes of a step leave behind.
struct Run<S> {
    passes: Vec<Pass<S>>,
    buffers: Arrays<S>,
    forks: Vec<Fork>,
}

/// Runs the passes of the only step of a case, whose values become scalars by `read`.
fn run<S: Compiled>(case: &Case, mut forks: Forks, read: impl Fn(f64) -> S) -> Run<S> {
    let arrays = |tensors: &fixtures::Tensors| -> Arrays<S> {
        let array = |tensor| Array::map_tensor(tensor, &read);
        tensors.iter().map(|(name, tensor)| (name.clone(), array(tensor))).collect()
    };
    let (parameters, mut buffers) = (arrays(&case.parameters), arrays(&case.buffers));
    let forwards = &case.steps[0].forwards;
    let passes = passes(&case.model, case.loss, &parameters, &mut buffers, forwards, &mut forks);
    Run { passes, buffers, forks: forks.into_vec() }
}

impl<S: Scalar> Run<S> {
    /// The gradients of the whole step.
    fn gradients(&self) -> Arrays<S> {
        let mut sums = Arrays::new();
        for (name, gradient) in self.passes.iter().flat_map(|pass| pass.gradients.sums()) {
            sums.entry(name)
                .and_modify(|sum: &mut Array<S>| sum.add(&gradient))
                .or_insert(gradient);
        }
        sums
    }

    /// Everything that a trace holds of passes, by name and in one order.
    fn named(&self, case: &Case) -> Vec<(String, Tensor)> {
        let mut named = Vec::new();
        for (i, pass) in self.passes.iter().enumerate() {
            named.push((format!("losses[{i}]"), Tensor::new([1], vec![pass.loss.value()])));
            named.push((format!("outputs[{i}]"), pass.output.to_tensor()));
        }
        named.extend(self.buffers.iter().map(|(name, a)| (name.clone(), a.to_tensor())));
        let gradients = Array::to_tensors(&self.gradients());
        for layer in preconditioned(&case.model) {
            let matrix = gradient_matrix(&layer, &gradients);
            named.push((format!("gradient of {}", layer.name), matrix));
        }
        for parameter in plain_parameters(&case.model) {
            let gradient = gradients[&parameter.name].clone();
            named.push((format!("gradient of {}", parameter.name), gradient));
        }
        named
    }
}

/// `G`, `[out, columns]`: the weight's gradient, and the bias's as the last column (S9).
fn gradient_matrix(layer: &Preconditioned, gradients: &fixtures::Tensors) -> Tensor {
    let (out, columns) = (layer.out(), layer.columns());
    let weight = &gradients[&format!("{}.weight", layer.name)].data;
    let inputs = weight.len() / out;
    let mut matrix = Vec::new();
    for o in 0..out {
        matrix.extend(&weight[o * inputs..(o + 1) * inputs]);
        if layer.bias() {
            matrix.push(gradients[&format!("{}.bias", layer.name)].data[o]);
        }
    }
    Tensor::new([out, columns], matrix)
}

/// The largest distance of two arrays, against the largest magnitude of the first.
///
/// Equal non-finite values are no distance; a number from NaN is infinitely far.
fn distance(expected: &Tensor, got: &Tensor) -> f64 {
    assert_eq!(expected.shape, got.shape);
    let finite = expected.data.iter().filter(|x| x.is_finite());
    let largest = finite.fold(0.0_f64, |largest, x| largest.max(x.abs()));
    let off = |(e, g): (&f64, &f64)| {
        let same = e == g || (e.is_nan() && g.is_nan());
        let off = if same { 0.0 } else { (e - g).abs() / largest };
        if off.is_nan() { f64::INFINITY } else { off }
    };
    expected.data.iter().zip(&got.data).map(off).fold(0.0, f64::max)
}

/// Asserts that everything is within `bound`; returns the largest distance and where it is.
#[track_caller]
fn assert_near(
    case: &Case,
    expected: &[(String, Tensor)],
    got: &[(String, Tensor)],
    bound: f64,
) -> f64 {
    assert_eq!(expected.len(), got.len());
    let mut largest = 0.0;
    for ((name, e), (got_name, g)) in expected.iter().zip(got) {
        assert_eq!(name, got_name);
        let off = distance(e, g);
        assert!(off <= bound, "{}, {name}: off by {off:e}", case.name);
        largest = f64::max(largest, off);
    }
    largest
}

#[test]
fn a_sampled_run_is_off_by_roundings() {
    let mut largest = 0.0;
    for (case, _) in steps() {
        let plain = run(&case, Forks::record(), |x| x);
        let plain_named = plain.named(&case);
        let sampled = |seed| {
            let read = |x| Sampled::<53>::seeded(x, seed);
            run(&case, Forks::replay(&plain.forks), read)
        };
        let (one, two) = (sampled(1), sampled(2));
        let choices = |forks: &[Fork]| -> Vec<usize> { forks.iter().map(|f| f.choice).collect() };
        assert_eq!(choices(&plain.forks), choices(&one.forks), "{}", case.name);

        let (one, two) = (one.named(&case), two.named(&case));
        let finite = plain_named.iter().all(|(_, t)| t.data.iter().all(|x| x.is_finite()));
        if !finite {
            continue; // a sum of infinities may become another non-finite value
        }
        let off = assert_near(&case, &plain_named, &one, 1e-11);
        largest = f64::max(largest, off);
        assert!(off > 0.0, "{}: not perturbed", case.name);
        assert!(one != two, "{}: the seed changes nothing", case.name);
    }
    println!("largest distance: {largest:e}");
}

/// What is recorded is what the arithmetic says, so a replay of it is the same run again.
#[test]
fn a_replay_of_its_own_forks_is_the_same_run() {
    for (case, _) in steps() {
        let recorded = run(&case, Forks::record(), |x| x);
        let replayed = run(&case, Forks::replay(&recorded.forks), |x| x);
        let off = assert_near(&case, &recorded.named(&case), &replayed.named(&case), 0.0);
        assert_eq!(off, 0.0);
        assert!(recorded.forks.iter().all(|fork| !(fork.gap < 0.0)), "{}", case.name);
        for (a, b) in recorded.forks.iter().zip(&replayed.forks) {
            assert_eq!((a.choice, a.other), (b.choice, b.other));
        }
    }
}

/// Turns every fork of a case's first step by itself; how many of them change a gradient.
fn turned(name: &str) -> usize {
    let (case, _) = steps().into_iter().find(|(case, _)| case.name == name).unwrap();
    let recorded = run(&case, Forks::record(), |x| x);
    let gradients = recorded.gradients();
    let mut changed = 0;
    for i in 0..recorded.forks.len() {
        let mut forks = recorded.forks.clone();
        let Fork { choice, other, .. } = forks[i];
        (forks[i].choice, forks[i].other) = (other, choice);
        let other_way = run(&case, Forks::replay(&forks), |x| x);
        // The same values, looked at from the other side.
        assert_eq!(other_way.forks[i].gap, -recorded.forks[i].gap);
        changed += usize::from(other_way.gradients() != gradients);
    }
    changed
}

#[test]
fn a_turned_fork_changes_the_gradient() {
    assert!(turned("mlp-bias") > 0, "the sign of a ReLU's input");
    assert!(turned("max-pool-smoothing") > 0, "the winner of a maximum");
}

/// A use is reported for every linear and conv2d, in evaluation too; gradients are not.
#[test]
fn uses_are_reported_by_the_name_of_the_owner() {
    for (case, golden) in steps() {
        let run = run(&case, Forks::record(), |x| x);
        let modes: Vec<Mode> = case.steps[0].forwards.iter().map(|forward| forward.mode).collect();
        assert_eq!(run.passes.iter().map(|pass| pass.mode).collect::<Vec<_>>(), modes);
        for (name, layer) in &golden.layers {
            let uses = |mode| {
                let passes = run.passes.iter().filter(move |pass| pass.mode == mode);
                passes.flat_map(|pass| &pass.uses).filter(|used| &used.layer == name).count()
            };
            let observed = layer.mean_square.as_ref().unwrap().len();
            assert_eq!(uses(Mode::Train), observed, "{}, {name}", case.name);
            assert_eq!(uses(Mode::Eval) > 0, modes.contains(&Mode::Eval), "{}", case.name);
        }
        for pass in &run.passes {
            assert_eq!(pass.gradients.by_use.is_empty(), pass.mode == Mode::Eval);
        }
    }
}
