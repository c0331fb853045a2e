//! The catalogue: every mutant's name, the clause that it breaks, and what it does.

use std::fmt;

macro_rules! catalogue {
    ($($variant:ident, $name:literal, $clause:literal, $kind:ident, $what:literal;)+) => {
        /// A deviation of one line from AdaAct or its observation: a mistake that a port makes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Mutant {
            $(
                #[doc = concat!($clause, ": ", $what, ".")]
                $variant,
            )+
        }

        impl Mutant {
            /// All mutants, in the order of the clauses.
            pub const ALL: &[Mutant] = &[$(Mutant::$variant),+];

            /// The permanent name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Mutant::$variant => $name),+ }
            }

            /// The clause that it breaks.
            #[must_use]
            pub fn clause(self) -> &'static str {
                match self { $(Mutant::$variant => $clause),+ }
            }

            /// What part of the algorithm it changes.
            #[must_use]
            pub fn kind(self) -> Kind {
                match self { $(Mutant::$variant => Kind::$kind),+ }
            }

            /// What it does, to follow "what comes out with".
            #[must_use]
            pub fn what(self) -> &'static str {
                match self { $(Mutant::$variant => $what),+ }
            }
        }
    };
}

/// What a mutant changes, which decides where it has to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The observation of any layer: dies in a convolution case and in a token case.
    Observation,
    /// The patches of a convolution: has no meaning for a linear layer.
    Patches,
    /// The optimizer.
    Optimizer,
    /// What no case file can say: an absent gradient, a refused value (S15, S18). Dies in a scenario.
    Beyond,
    /// Nothing that a bound may see: it has to live.
    Identity,
    /// A little of everything: if it lives, the judge sleeps.
    Control,
}

catalogue! {
    Identity, "identity", "S6", Identity, "A divided by 1/(1−β2) in the average V, which is the same";
    Control, "control", "S12", Control, "every parameter off by a millionth";

    FirstLayerPlain, "first-layer-plain", "S1", Optimizer, "the first preconditioned layer left plain";
    LastLayerPlain, "last-layer-plain", "S1", Optimizer, "the last preconditioned layer left plain";
    ConvolutionsPlain, "convolutions-plain", "S1", Optimizer, "convolutions left plain";

    EvaluationObserved, "evaluation-observed", "S2", Observation, "evaluation forwards observed as well";
    FirstForwardOnly, "first-forward-only", "S2", Observation, "only the first training forward of a step observed";
    LastForwardOnly, "last-forward-only", "S2", Observation, "only the last training forward of a step observed";

    RowsSummed, "rows-summed", "S3", Observation, "the sum over rows instead of their mean";
    MeanOverBatchOnly, "mean-over-batch-only", "S3", Observation, "the mean over the batch only, a sum over positions or tokens";
    MeanOverPositionsOnly, "mean-over-positions-only", "S3", Observation, "the mean over positions or tokens only, a sum over the batch";
    MeanThenSquare, "mean-then-square", "S3", Observation, "the square of the mean instead of the mean of squares";
    PositionMeanThenSquare, "position-mean-then-square", "S3", Observation, "the mean over positions taken before the square";
    Centred, "centred", "S3", Observation, "the centred variance of the inputs";
    OneRowLess, "one-row-less", "S3", Observation, "a division by N − 1 instead of N";
    InputsSummed, "inputs-summed", "S3", Observation, "the sum over rows instead of their mean, the bias kept at 1";
    InputsOverBatchOnly, "inputs-over-batch-only", "S3", Observation, "the mean over the batch only, a sum over positions or tokens, the bias kept at 1";
    InputsOverPositionsOnly, "inputs-over-positions-only", "S3", Observation, "the mean over positions or tokens only, a sum over the batch, the bias kept at 1";
    InputsCentred, "inputs-centred", "S3", Observation, "the centred variance of the inputs, the bias kept at 1";
    InputsOneRowLess, "inputs-one-row-less", "S3", Observation, "a division by N − 1 instead of N, the bias kept at 1";
    MeanAbsolute, "mean-absolute", "S3", Observation, "absolute values instead of squares";
    RootMeanSquare, "root-mean-square", "S3", Observation, "the root of the mean square averaged instead of the mean square";
    FirstSampleOnly, "first-sample-only", "S3", Observation, "only the first sample of the batch observed";
    FirstPositionOnly, "first-position-only", "S3", Observation, "only the first position or token of every sample observed";
    ColumnsPooled, "columns-pooled", "S3", Observation, "one mean over all input columns of the layer";
    Float32Sum, "float32-sum", "S3", Observation, "squares summed in float32";

    PaddingIgnored, "padding-ignored", "S4", Patches, "patches of the image without its padding";
    PaddingNotCounted, "padding-not-counted", "S4", Patches, "padding left out of N";
    PaddingReplicated, "padding-replicated", "S4", Patches, "padding by the border's pixels instead of zeros";
    StrideIgnored, "stride-ignored", "S4", Patches, "patches at stride 1";
    DilationIgnored, "dilation-ignored", "S4", Patches, "patches without dilation";
    KernelFlipped, "kernel-flipped", "S4", Patches, "the kernel's taps in reverse, a convolution in the mathematical sense";
    ChannelsLast, "channels-last", "S4", Patches, "columns in the order (kernel y, kernel x, channel)";
    KernelTransposed, "kernel-transposed", "S4", Patches, "columns in the order (channel, kernel x, kernel y)";
    ChannelMeans, "channel-means", "S4", Patches, "one mean per channel of the image for all taps of the kernel";
    FirstGroupForAll, "first-group-for-all", "S4", Patches, "the first group's columns used for every group";
    GroupsPooled, "groups-pooled", "S4", Patches, "the mean over groups used for every group";

    BiasColumnMissing, "bias-column-missing", "S5", Observation, "0 instead of 1 in the bias column";
    BiasColumnFirst, "bias-column-first", "S5", Observation, "the bias column in front";
    BiasUnscaled, "bias-unscaled", "S5", Optimizer, "a scale of 1 for the bias";
    BiasPlain, "bias-plain", "S5", Optimizer, "the bias stepped along its raw gradient, like a plain parameter";

    EmaStartsAtFirst, "ema-starts-at-first", "S6", Optimizer, "the average V started at the first A";
    FirstStepNotReset, "first-step-not-reset", "S6", Optimizer, "no reset of V between the observations before the first step";
    EveryStepReset, "every-step-reset", "S6", Optimizer, "V reset in every step";
    ForwardsAveraged, "forwards-averaged", "S6", Optimizer, "the observations of a step averaged, and V advanced once";
    EmaWeightsExchanged, "ema-weights-exchanged", "S6", Optimizer, "V ← (1−β2)·V + β2·A";
    EmaSums, "ema-sums", "S6", Optimizer, "V ← V + A, as AdaGrad has it";
    EmaMaximum, "ema-maximum", "S6", Optimizer, "the largest V so far kept, as AMSGrad has it";
    EmaBeta1, "ema-beta1", "S6", Optimizer, "β1 for the average V";
    BetasExchanged, "betas-exchanged", "S6", Optimizer, "β1 and β2 exchanged";
    Float32Ema, "float32-ema", "S6", Optimizer, "V kept in float32";

    EmaUncorrected, "ema-uncorrected", "S7", Optimizer, "no bias correction of V";
    EmaCorrectedEarly, "ema-corrected-early", "S7", Optimizer, "t + 1 in the bias correction of V";
    EmaCorrectedLate, "ema-corrected-late", "S7", Optimizer, "t − 1 in the bias correction of V";
    ObservationsCounted, "observations-counted", "S7", Optimizer, "the number of observations in the bias correction of V";
    ObservationsAreSteps, "observations-are-steps", "S7", Optimizer, "t raised by every observation instead of every step";
    EmaCorrectedByBeta1, "ema-corrected-by-beta1", "S7", Optimizer, "β1 in the bias correction of V";
    EmaCorrectedOnce, "ema-corrected-once", "S7", Optimizer, "the first step's bias correction of V in every step";
    CorrectionOutsideRoot, "correction-outside-root", "S7", Optimizer, "the bias correction of V taken after the root";
    Float32Correction, "float32-correction", "S7", Optimizer, "the bias corrections computed in float32";

    EpsilonInsideRoot, "epsilon-inside-root", "S8", Optimizer, "ε inside the root";
    EpsilonSquaredInside, "epsilon-squared-inside", "S8", Optimizer, "ε² inside the root";
    EpsilonBeforeCorrection, "epsilon-before-correction", "S8", Optimizer, "ε added before the bias correction";
    EpsilonAbsent, "epsilon-absent", "S8", Optimizer, "no ε";
    EpsilonAsFloor, "epsilon-as-floor", "S8", Optimizer, "ε as the least value of the root instead of a summand";
    NoRoot, "no-root", "S8", Optimizer, "no root";
    FourthRoot, "fourth-root", "S8", Optimizer, "the fourth root";

    GradientTransposed, "gradient-transposed", "S9", Optimizer, "the weight's gradient read in transposed layout";
    GradientBiasFirst, "gradient-bias-first", "S9", Optimizer, "the bias's gradient as the first column";
    ForwardsMeaned, "forwards-meaned", "S9", Optimizer, "the gradient divided by the number of forwards";
    LastGradientOnly, "last-gradient-only", "S9", Optimizer, "the gradient of the last forward only";
    GradientsNotCleared, "gradients-not-cleared", "S9", Optimizer, "the gradients of all earlier steps added to those of this one";
    LossScaleIgnored, "loss-scale-ignored", "S9", Optimizer, "the gradient of the unscaled loss";

    MomentumOfScaled, "momentum-of-scaled", "S10", Optimizer, "the average of scaled gradients instead of raw ones";
    MomentumUncorrected, "momentum-uncorrected", "S10", Optimizer, "no bias correction of M";
    MomentumCorrectedEarly, "momentum-corrected-early", "S10", Optimizer, "t + 1 in the bias correction of M";
    MomentumObservationsCounted, "momentum-observations-counted", "S10", Optimizer, "the number of observations in the bias correction of M";
    MomentumHeavyBall, "momentum-heavy-ball", "S10", Optimizer, "M ← β1·M + G";
    MomentumStartsAtFirst, "momentum-starts-at-first", "S10", Optimizer, "M started at the first G";
    MomentumNesterov, "momentum-nesterov", "S10", Optimizer, "Nesterov's look-ahead";
    MomentumBeta2, "momentum-beta2", "S10", Optimizer, "β2 for the average M";
    MomentumWeightsExchanged, "momentum-weights-exchanged", "S10", Optimizer, "M ← (1−β1)·M + β1·G";
    DecayCoupled, "decay-coupled", "S10", Optimizer, "λ·θ added to the gradient (coupled decay)";
    Float32Momentum, "float32-momentum", "S10", Optimizer, "M kept in float32";

    NoMomentum, "no-momentum", "S11", Optimizer, "the gradient in place of M̂";
    ScaleByRows, "scale-by-rows", "S11", Optimizer, "rows scaled instead of columns";
    ScaleNormalised, "scale-normalised", "S11", Optimizer, "s divided by its mean";
    ScaleOfStepBefore, "scale-of-step-before", "S11", Optimizer, "the scale of the step before";
    FirstGroupScales, "first-group-scales", "S11", Optimizer, "the first group's scale for the outputs of every group";
    UpdateNormalised, "update-normalised", "S11", Optimizer, "U divided by its norm";

    DecayAfterStep, "decay-after-step", "S12", Optimizer, "the decay after the step";
    DecayWithoutRate, "decay-without-rate", "S12", Optimizer, "a decay of λ instead of η·λ";
    DecayAtBaseRate, "decay-at-base-rate", "S12", Optimizer, "the decay at the base rate, whatever the schedule";
    DecayAbsent, "decay-absent", "S12", Optimizer, "no decay";
    DecayOnWeightsOnly, "decay-on-weights-only", "S12", Optimizer, "no decay on biases";
    DecaySquared, "decay-squared", "S12", Optimizer, "the decay taken twice";
    SignReversed, "sign-reversed", "S12", Optimizer, "a step uphill";

    PlainDecayAbsent, "plain-decay-absent", "S13", Optimizer, "no decay on plain parameters";
    PlainMomentum, "plain-momentum", "S13", Optimizer, "momentum on plain parameters";
    PlainSign, "plain-sign", "S13", Optimizer, "the sign of the gradient for plain parameters, as Adam's first step has it";
    PlainFrozen, "plain-frozen", "S13", Optimizer, "plain parameters left alone";

    GroupRatesIgnored, "group-rates-ignored", "S14", Optimizer, "the groups' own rates ignored";
    GroupDecaysIgnored, "group-decays-ignored", "S14", Optimizer, "the groups' own decays ignored";
    ScheduleIgnored, "schedule-ignored", "S14", Optimizer, "the schedule's rates ignored";
    ScheduleOverridesGroups, "schedule-overrides-groups", "S14", Optimizer, "the schedule's rate in place of the groups' own";
    ScheduleSparesGroups, "schedule-spares-groups", "S14", Optimizer, "groups with a rate of their own left out of the schedule";
    ScheduleSticks, "schedule-sticks", "S14", Optimizer, "the last scheduled rate kept where none is given";
    BiasInWeightsGroup, "bias-in-weights-group", "S14", Optimizer, "a bias given the rates of its layer's weight";

    AbsentGradientIsZero, "absent-gradient-is-zero", "S15", Beyond, "an absent gradient taken as zero";
    AbsentGradientStopsClock, "absent-gradient-stops-clock", "S15", Beyond, "t left alone when a gradient is absent";
    AbsentGradientUnobserved, "absent-gradient-unobserved", "S15", Beyond, "V left alone when the gradient is absent";
    UnobservedAccepted, "unobserved-accepted", "S15", Beyond, "a step of a layer that was never observed";

    RateZeroReturnsEarly, "rate-zero-returns-early", "S16", Optimizer, "a step at rate 0 left out";
    RateZeroKeepsMomentum, "rate-zero-keeps-momentum", "S16", Optimizer, "M left alone where the rate is 0";

    FirstUseOnly, "first-use-only", "S17", Observation, "only the first use of a shared layer observed";
    LastUseOnly, "last-use-only", "S17", Observation, "only the last use of a shared layer observed";
    UsesAveraged, "uses-averaged", "S17", Observation, "the uses of a shared layer averaged into one observation";
    UsesSummed, "uses-summed", "S17", Observation, "the uses of a shared layer summed into one observation";
    LastUseGradientOnly, "last-use-gradient-only", "S17", Optimizer, "only the gradient of a shared layer's last use";

    BetaOneAccepted, "beta-one-accepted", "S18", Beyond, "β = 1 accepted";
    NegativeAccepted, "negative-accepted", "S18", Beyond, "negative rates accepted";
    NanAccepted, "nan-accepted", "S18", Beyond, "NaN accepted, since no comparison refuses it";

    SkipIgnored, "skip-ignored", "S19", Optimizer, "a skipped step taken all the same";
    SkipCounted, "skip-counted", "S19", Optimizer, "a skipped step counted";
    SkipForgetsObservations, "skip-forgets-observations", "S19", Optimizer, "the observations of a skipped step discarded";
    SkipAdvancesMomentum, "skip-advances-momentum", "S19", Optimizer, "M advanced by a skipped step";
    SkipDecays, "skip-decays", "S19", Optimizer, "parameters decayed by a skipped step";

    StateForgotten, "state-forgotten", "S20", Optimizer, "the saved state ignored";
    StepForgotten, "step-forgotten", "S20", Optimizer, "t started anew after a stop";
    StepRestoredEarly, "step-restored-early", "S20", Optimizer, "t restored one too low";
    StepRestoredLate, "step-restored-late", "S20", Optimizer, "t restored one too high";
    EmaForgotten, "ema-forgotten", "S20", Optimizer, "V started anew after a stop";
    MomentumForgotten, "momentum-forgotten", "S20", Optimizer, "M started anew after a stop";
}

impl Mutant {
    /// The mistake that does to all columns what this one does to all but the bias's: that of a port
    /// which appends the 1 to the rows, where this one appends it to their mean.
    #[must_use]
    pub fn with_bias(self) -> Option<Self> {
        match self {
            Self::InputsSummed => Some(Self::RowsSummed),
            Self::InputsOverBatchOnly => Some(Self::MeanOverBatchOnly),
            Self::InputsOverPositionsOnly => Some(Self::MeanOverPositionsOnly),
            Self::InputsCentred => Some(Self::Centred),
            Self::InputsOneRowLess => Some(Self::OneRowLess),
            _ => None,
        }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_descriptions_are_unique() {
        let names: BTreeSet<_> = Mutant::ALL.iter().map(|mutant| mutant.name()).collect();
        let whats: BTreeSet<_> = Mutant::ALL.iter().map(|mutant| mutant.what()).collect();
        assert_eq!((names.len(), whats.len()), (Mutant::ALL.len(), Mutant::ALL.len()));
    }
}
