//! `conformance trace`: a case in, a trace out.

use super::case::case_path;
use super::exit::Exit;
use anyhow::Result;
use clap::{Args, ValueEnum};
use conformance::{Device, Subject};
use fixtures::{Case, Dtype};
use std::path::PathBuf;

/// Compute the trace of a case
///
/// The trace has every stage of every step. It is written whole or not at all.
#[derive(Args)]
pub struct Trace {
    /// The case file, or the name of a case of the corpus.
    #[arg(long)]
    case: PathBuf,
    /// The engine.
    #[arg(long, value_enum, default_value_t)]
    engine: EngineName,
    /// What it computes in; the reference has only float64.
    #[arg(long, value_enum, default_value_t)]
    dtype: DtypeName,
    /// Where it computes; the reference runs only on the CPU.
    #[arg(long, value_enum, default_value_t)]
    device: Device,
    /// Where to write the trace.
    #[arg(long)]
    out: PathBuf,
}

/// The engines by name.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum EngineName {
    /// The oracle: pure ndarray, float64.
    #[default]
    Reference,
    /// libtorch.
    Tch,
}

/// The dtypes by name.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum DtypeName {
    /// IEEE 754 binary64.
    #[default]
    Float64,
    /// IEEE 754 binary32, without TF32.
    Float32,
}

impl DtypeName {
    fn dtype(self) -> Dtype {
        match self {
            DtypeName::Float64 => Dtype::Float64,
            DtypeName::Float32 => Dtype::Float32,
        }
    }
}

impl Trace {
    pub fn execute(self) -> Result<Exit> {
        let case = Case::read(case_path(&self.case)?)?;
        let subject = subject(self.engine, self.dtype.dtype(), self.device)?;
        subject.trace(&case)?.write(&self.out)?;
        Ok(Exit::Good)
    }
}

fn subject(engine: EngineName, dtype: Dtype, device: Device) -> Result<Subject> {
    match engine {
        EngineName::Reference if dtype != Dtype::Float64 || device != Device::Cpu => {
            anyhow::bail!("--engine reference computes in float64 on the CPU; use --engine tch")
        }
        EngineName::Reference => Ok(Subject::Reference),
        #[cfg(feature = "tch")]
        EngineName::Tch => Ok(Subject::Tch { dtype, device }),
        #[cfg(not(feature = "tch"))]
        EngineName::Tch => {
            anyhow::bail!("--engine tch: this program was built without libtorch (feature `tch`)")
        }
    }
}
