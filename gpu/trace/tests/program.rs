//! `tch-trace` from end to end.

use fixtures::{Case, Dtype, Trace};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder of the official cases.
fn corpus() -> PathBuf {
    fixtures::corpus::root().join("official")
}

/// An official case by name.
fn case(name: &str) -> Case {
    Case::read(corpus().join(format!("{name}.case.json"))).unwrap()
}

fn tch_trace(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tch-trace")).args(arguments).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs it and expects a refusal that says all of `parts`, in one line.
fn refused(arguments: &[&str], parts: &[&str]) {
    let output = tch_trace(arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    parts.iter().for_each(|part| assert!(stderr.contains(part), "{part:?} in {stderr}"));
}

#[test]
fn writes_the_trace_that_the_library_computes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("trace.json");
    let path = corpus().join("conv-asymmetric.case.json");
    for (name, dtype) in [("float64", Dtype::Float64), ("float32", Dtype::Float32)] {
        let arguments = ["--case", text(&path), "--out", text(&out), "--dtype", name];
        let output = tch_trace(&[&arguments[..], &["--threads", "1"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.is_empty() && output.stderr.is_empty());

        let case = case("conv-asymmetric");
        let got = Trace::read(&out, &case).unwrap();
        let device = gpu::Device::Cpu;
        tch::set_num_threads(1); // as above: another number of threads may round otherwise
        assert_eq!(got, gpu::trace(&case, gpu::Options { dtype, device }).unwrap());
        assert_eq!((got.producer.name.as_str(), got.producer.dtype), ("tch", dtype));
        assert_eq!(got.producer.other["framework"], "libtorch 2.11.0");
    }
}

#[test]
fn a_missing_case_is_named() {
    refused(&["--case", "no/such.json", "--out", "/dev/null"], &["no/such.json"]);
}

#[test]
fn a_case_that_does_not_fit_is_refused_by_file_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("narrow.case.json");
    let mut case = case("mlp-bias");
    case.parameters.remove("fc1.bias").unwrap();
    case.write(&path).unwrap();
    let out = folder.path().join("trace.json");
    refused(&["--case", text(&path), "--out", text(&out)], &["narrow.case.json", "fc1.bias"]);
    assert!(!out.exists());
}

#[test]
fn a_trace_that_cannot_be_written_is_refused() {
    let path = corpus().join("mlp-bias.case.json");
    refused(&["--case", text(&path), "--out", "/no/such/trace.json"], &["/no/such/trace.json"]);
}

#[test]
fn cuda_without_cuda_is_refused() {
    if Path::new("/dev/nvidiactl").exists() {
        return; // a CUDA machine: nothing to refuse
    }
    let path = corpus().join("mlp-bias.case.json");
    let arguments = ["--case", text(&path), "--out", "/dev/null", "--device", "cuda"];
    refused(&arguments, &["device \"cuda\" is not usable here: "]);
}

#[test]
fn an_unknown_device_is_refused_with_those_that_exist() {
    let output = tch_trace(&["--case", "a", "--out", "b", "--device", "tpu"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("tpu") && stderr.contains("cpu, cuda"), "{stderr}");
}

#[test]
fn help_shows_examples() {
    let output = tch_trace(&["--help"]);
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("--case fixtures/corpus/official/resnetlet.case.json"), "{help}");
}
