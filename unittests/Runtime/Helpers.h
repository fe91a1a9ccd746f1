//===- Helpers.h - What the runtime's tests share ------------- -*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_UNITTESTS_RUNTIME_HELPERS_H
#define FOVEA_UNITTESTS_RUNTIME_HELPERS_H

#include "fovea-runtime/Runtime.h"

#include "gtest/gtest.h"

#include <functional>

namespace fovea::test {

using Body = std::function<void(int64_t item, void *scratch)>;

/// fovea_parallel_for with a C++ callable.
inline void parallelFor(int64_t items, int64_t scratchBytes, const Body &body) {
  fovea_parallel_for(
      items, scratchBytes,
      [](int64_t item, void *scratch, void *context) {
        (*static_cast<const Body *>(context))(item, scratch);
      },
      const_cast<Body *>(&body));
}

/// Starts each test from the defaults with a given number of threads.
class RuntimeTest : public testing::Test {
protected:
  void SetUp() override {
    fovea_clear_error();
    fovea_set_parallel_for(nullptr);
    fovea_set_num_threads(4);
  }
  void TearDown() override {
    fovea_clear_error();
    fovea_set_parallel_for(nullptr);
    fovea_set_num_threads(0);
  }
};

} // namespace fovea::test

#endif // FOVEA_UNITTESTS_RUNTIME_HELPERS_H
