// What tch does not offer of libtorch. Tensors are torch-sys's `at::Tensor *`.
// No exception leaves a function: `false` means that libtorch threw one.

#include <ATen/ATen.h>
#include <ATen/TensorIterator.h>
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

// out[j] = Σ_n x[n, j]² in one pass over x.
bool gpu_sum_squares(at::Tensor *out, const at::Tensor *x) {
  return caught([&] {
    auto first = x->select(0, 0);
    *out = at::empty_like(first);
    auto iter = at::TensorIteratorConfig().add_output(*out).add_const_input(first).build();
    AT_DISPATCH_FLOATING_TYPES(x->scalar_type(), "sum_squares", [&] {
      int64_t rows = x->size(0), stride = x->stride(0);
      iter.for_each([&](char **data, const int64_t *, int64_t n) {
        auto *out = reinterpret_cast<scalar_t *>(data[0]);
        auto *in = reinterpret_cast<const scalar_t *>(data[1]);
        constexpr int64_t TILE = 8192, BLOCK = 16;
        for (int64_t start = 0; start < n; start += TILE) {
          int64_t width = std::min(TILE, n - start);
          scalar_t total[TILE] = {};
          for (int64_t row = 0; row < rows; row += BLOCK) {
            scalar_t part[TILE] = {};
            for (int64_t r = row; r < std::min(rows, row + BLOCK); ++r) {
              auto *v = in + r * stride + start;
              for (int64_t j = 0; j < width; ++j) part[j] += v[j] * v[j];
            }
            for (int64_t j = 0; j < width; ++j) total[j] += part[j];
          }
          std::copy(total, total + width, out + start);
        }
      }, 4096);
    });
  });
}
}
