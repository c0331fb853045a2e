// Lists of tensors, each computed with at once where libtorch has a kernel for lists, as on CUDA.
// No exception leaves a function: `false` means that libtorch threw one.

#include "caught.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_reciprocal.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <vector>

namespace {
// torch-sys's tensors.
struct List {
  at::Tensor *const *first;
  size_t count;

  operator std::vector<at::Tensor>() const {
    std::vector<at::Tensor> tensors;
    tensors.reserve(count);
    for (size_t i = 0; i < count; ++i)
      tensors.push_back(*first[i]);
    return tensors;
  }
};

using Tensors = std::vector<at::Tensor>;

std::vector<at::Scalar> scalars(const double *values, size_t count) {
  return {values, values + count};
}

// Gives tensors away to torch-sys.
void release(Tensors tensors, at::Tensor **out) {
  for (auto &tensor : tensors)
    *out++ = new at::Tensor(std::move(tensor));
}
} // namespace

extern "C" {

bool gpu_foreach_lerp_(List self, List ends, double weight) {
  return caught([=] { at::_foreach_lerp_(Tensors(self), Tensors(ends), weight); });
}

bool gpu_foreach_mul_(List self, const double *values) {
  return caught([=] { at::_foreach_mul_(Tensors(self), scalars(values, self.count)); });
}

bool gpu_foreach_mul(List self, const double *values, at::Tensor **out) {
  return caught([=] {
    release(at::_foreach_mul(Tensors(self), scalars(values, self.count)), out);
  });
}

bool gpu_foreach_add_(List self, List others, double alpha) {
  return caught([=] { at::_foreach_add_(Tensors(self), Tensors(others), alpha); });
}

bool gpu_foreach_add(List self, List others, double alpha, at::Tensor **out) {
  return caught([=] { release(at::_foreach_add(Tensors(self), Tensors(others), alpha), out); });
}

bool gpu_foreach_addcmul_(List self, List a, List b, const double *values) {
  return caught([=] {
    at::_foreach_addcmul_(Tensors(self), Tensors(a), Tensors(b), scalars(values, self.count));
  });
}

bool gpu_foreach_addcdiv_(List self, List a, List b, double value) {
  return caught([=] {
    at::_foreach_addcdiv_(Tensors(self), Tensors(a), Tensors(b), at::Scalar(value));
  });
}

// 1 / (√(v / divisor) + eps)
bool gpu_foreach_inverse_root(List v, double divisor, double eps, at::Tensor **out) {
  return caught([=] {
    auto root = at::_foreach_div(Tensors(v), divisor);
    at::_foreach_sqrt_(root);
    at::_foreach_add_(root, eps);
    at::_foreach_reciprocal_(root);
    release(std::move(root), out);
  });
}

// √v / divisor + eps
bool gpu_foreach_root(List v, double divisor, double eps, at::Tensor **out) {
  return caught([=] {
    auto root = at::_foreach_sqrt(Tensors(v));
    at::_foreach_div_(root, divisor);
    at::_foreach_add_(root, eps);
    release(std::move(root), out);
  });
}
}
