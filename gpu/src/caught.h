// No exception may leave a function that Rust calls.

#pragma once

// Whether `f` ended without an exception.
template <typename F> bool caught(F f) noexcept {
  try {
    f();
    return true;
  } catch (...) {
    return false;
  }
}
