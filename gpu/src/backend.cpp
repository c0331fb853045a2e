// What tch does not offer of libtorch. Tensors are torch-sys's `at::Tensor *`.
// No exception leaves a function: `false` means that libtorch threw one.

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <dlfcn.h>

namespace {
template <typename F> bool caught(F f) noexcept {
  try {
    f();
    return true;
  } catch (...) {
    return false;
  }
}
} // namespace

extern "C" {

// Loads libtorch's CUDA part into this process: null, or why not.
const char *gpu_load_cuda() {
  return dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) ? nullptr : dlerror();
}

// Whether float32 products may round their inputs to TF32, whether cuDNN times its algorithms and
// takes the fastest, and whether it takes only those that give the same bits every time.
bool gpu_set_precision(bool tf32, bool benchmark, bool deterministic) {
  return caught([=] {
    at::globalContext().setAllowTF32CuBLAS(tf32);
    at::globalContext().setAllowTF32CuDNN(tf32);
    at::globalContext().setBenchmarkCuDNN(benchmark);
    at::globalContext().setDeterministicCuDNN(deterministic);
  });
}

// Whether a float32 product or convolution may use TF32.
bool gpu_allows_tf32(bool *allowed) {
  return caught([allowed] {
    using at::Float32Backend, at::Float32Op, at::Float32Precision;
    *allowed = false;
    for (auto op : {Float32Op::MATMUL, Float32Op::CONV}) {
      auto precision = at::globalContext().float32Precision(Float32Backend::CUDA, op);
      *allowed |= precision == Float32Precision::TF32;
    }
  });
}

// Makes the gradient absent, where tch can only fill it with zeros.
bool gpu_clear_gradient(at::Tensor *tensor) {
  return caught([tensor] { tensor->mutable_grad().reset(); });
}
}
