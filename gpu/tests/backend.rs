//! What is switched for the whole process; alone in its program.

#[test]
fn tf32_is_on_until_it_is_turned_off() {
    assert!(gpu::backend::allows_tf32(), "libtorch's default for cuDNN");
    gpu::backend::Precision::EXACT.set().unwrap();
    assert!(!gpu::backend::allows_tf32());
}

#[test]
fn cuda_is_refused_where_there_is_none() {
    if std::path::Path::new("/dev/nvidiactl").exists() {
        return; // a CUDA machine: nothing to refuse
    }
    let error = gpu::Device::Cuda.open().unwrap_err().to_string();
    assert!(error.starts_with("device \"cuda\" is not usable here: "), "{error}");
}
