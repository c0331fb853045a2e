//! The bounds of a training, from some of its steps.

use super::recipe::Recipe;
use crate::bounds::{Bounds, certify, sample_excerpts};
use anyhow::{Result, ensure};
use fixtures::digits::Digits;
use fixtures::{Case, Step, corpus};
use reference::convert::to_tensors;
use std::path::PathBuf;

impl Recipe {
    /// The file with the sampled bounds of the training.
    #[must_use]
    pub fn bounds_path(&self) -> PathBuf {
        corpus::root().with_file_name("data").join(format!("{}.bounds.json", self.name))
    }

    /// The sampled bounds of a step of the training.
    ///
    /// # Errors
    /// If there are none, or they are those of another recipe.
    pub fn bounds(&self) -> Result<Bounds> {
        let path = self.bounds_path();
        let bounds = Bounds::read(&path)?;
        let fit = bounds.fit(&self.head());
        ensure!(
            fit,
            "{}: belongs to another recipe; `conformance bless` samples it again",
            path.display()
        );
        Ok(bounds)
    }

    /// Samples the bounds again, from the first, the middle and the last step, and certifies what
    /// the reference makes of these.
    ///
    /// # Errors
    /// If the reference fails.
    pub fn sample_bounds(&self, digits: &Digits) -> Result<Bounds> {
        let excerpts = self.excerpts(digits)?;
        let mut bounds = sample_excerpts(&self.head(), &excerpts);
        for excerpt in &excerpts {
            for (&stage, &found) in certify(excerpt, &reference::trace(excerpt)?).iter() {
                let error = bounds.certified.entry(stage).or_default();
                *error = error.max(found);
            }
        }
        Ok(bounds)
    }

    /// The first, the middle and the last step of the training on the reference, each a case of its
    /// own that starts from the state before it: what bounds are sampled from.
    ///
    /// # Errors
    /// If the reference fails.
    pub fn excerpts(&self, digits: &Digits) -> Result<Vec<Case>> {
        let steps = self.steps(digits);
        let mut session = reference::Session::start(&self.head())?;
        let mut excerpts = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            if Self::excerpted(steps.len()).contains(&index) {
                excerpts.push(self.excerpt(&session, step));
            }
            session.advance(step)?;
        }
        Ok(excerpts)
    }

    /// Which of so many steps are cut out.
    fn excerpted(steps: usize) -> [usize; 3] {
        [0, steps / 2, steps - 1]
    }

    /// A case of one step, from where a training is.
    fn excerpt(&self, session: &reference::Session, step: &Step) -> Case {
        Case {
            parameters: to_tensors(session.parameters()),
            buffers: to_tensors(session.buffers()),
            state: Some(session.state()),
            steps: vec![step.clone()],
            ..self.head()
        }
    }
}
