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

// Float32 means IEEE float32, and cuDNN takes only algorithms that give the same bits every time.
bool gpu_set_exact() {
  return caught([] {
    at::globalContext().setAllowTF32CuBLAS(false);
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setDeterministicCuDNN(true);
    at::globalContext().setBenchmarkCuDNN(false);
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
