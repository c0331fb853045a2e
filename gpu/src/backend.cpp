// What tch does not offer of libtorch. Tensors are torch-sys's `at::Tensor *`.
// No exception leaves a function: `false` means that libtorch threw one.

#include "caught.h"

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <algorithm>
#include <dlfcn.h>
#include <limits>
#include <malloc.h>
#include <torch/csrc/stable/c/shim.h>

namespace {
// Σ_b x[b, i]² for all i of a part; x is [batch, size].
template <typename T> struct SumSquares {
  const T *x;
  T *sums;
  int64_t batch, size;

  // Sums that stay in the cache, and samples that are added up before they join the others: a chain
  // of additions in float32 is to be short.
  static constexpr int64_t WIDTH = 1024, BLOCK = 16;

  void operator()(int64_t begin, int64_t end) const {
    for (; begin < end; begin += WIDTH) {
      const int64_t width = std::min(WIDTH, end - begin);
      T total[WIDTH] = {};
      for (int64_t block = 0; block < batch; block += BLOCK) {
        T part[WIDTH] = {};
        for (int64_t b = block; b < std::min(block + BLOCK, batch); ++b) {
          const T *row = x + b * size + begin;
          for (int64_t i = 0; i < width; ++i)
            part[i] += row[i] * row[i];
        }
        for (int64_t i = 0; i < width; ++i)
          total[i] += part[i];
      }
      std::copy_n(total, width, sums + begin);
    }
  }
};

template <typename T> void sum_squares(const at::Tensor &x, at::Tensor &sums) {
  SumSquares<T> sum{x.const_data_ptr<T>(), sums.mutable_data_ptr<T>(), x.size(0), sums.numel()};
  auto part = [](int64_t begin, int64_t end, void *sum) {
    (*static_cast<SumSquares<T> *>(sum))(begin, end);
  };
  TORCH_CHECK(torch_parallel_for(0, sum.size, SumSquares<T>::WIDTH, part, &sum) == 0);
}
} // namespace

extern "C" {

// Loads libtorch's CUDA part into this process: null, or why not.
const char *gpu_load_cuda() {
  return dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) ? nullptr : dlerror();
}

// Lets malloc keep what is freed for what is allocated next. 32 MiB is the most that glibc takes.
void gpu_reuse_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
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

// The sums of squares over the first axis, on the CPU. Both are row-major, float32 or float64 alike;
// `sums` has a place for every value of a sample.
bool gpu_sum_squares(const at::Tensor *x, at::Tensor *sums) {
  return caught([=] {
    TORCH_CHECK(x->is_contiguous() && sums->is_contiguous() && x->device().is_cpu());
    TORCH_CHECK(sums->device().is_cpu() && x->numel() == x->size(0) * sums->numel());
    if (x->scalar_type() == at::kFloat)
      sum_squares<float>(*x, *sums);
    else
      sum_squares<double>(*x, *sums);
  });
}

// Makes the gradient absent, where tch can only fill it with zeros.
bool gpu_clear_gradient(at::Tensor *tensor) {
  return caught([tensor] { tensor->mutable_grad().reset(); });
}
}
