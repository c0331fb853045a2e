//! The paper's CIFAR experiments: `cifar --help`.

mod arguments;
mod checkpoint;
mod directory;
mod failure;
mod interrupt;
mod lines;
mod logs;
mod progress;
mod schedule;
mod setup;
mod traces;
mod training;

use anyhow::{Context, Result};
use arguments::{Arguments, directory_name};
use clap::Parser;
use directory::RunDirectory;
use gpu::backend;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::ExitCode;
use train::data::{Options, Source};
use training::End;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(End::Finished | End::Steps) => ExitCode::SUCCESS,
        Ok(End::NotFinite) => ExitCode::from(1),
        Ok(End::Interrupted) => ExitCode::from(130),
        Err(error) => {
            eprintln!("cifar: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<End> {
    let dataset = arguments.dataset()?;
    let (device, place) = arguments.open_device()?;
    arguments.precision().set()?;
    tch::set_num_threads(arguments.threads() as i32);
    backend::reuse_memory();
    interrupt::listen()?;

    let source = Source::Url(arguments.mirror.clone());
    let options = Options { source, ..Options::default() };
    let data = train::data::load(dataset, &arguments.data_dir, &options)?;
    let init_sha256 = arguments.init.as_deref().map(sha256).transpose()?;
    let settings = arguments.settings(&data, device, init_sha256)?;
    let path = arguments.out.join(directory_name(&settings));
    let directory = RunDirectory::open(&path, arguments.resume)?;
    setup::prepare(arguments, settings, &data, directory, (device, place))?.run()
}

fn sha256(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}
