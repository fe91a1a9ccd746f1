//===- ArgumentsTest.cpp - Arguments of compiled functions ----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include <string>
#include <vector>

using namespace fovea::test;

namespace {

/// A function f(f32[?][4]) or f(f32), with the argument that it is given.
class ArgumentsTest : public RuntimeTest {
protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    tensor.data = data;
    tensor.device = {1, 0};
    tensor.ndim = 2;
    tensor.dtype = {2, 32, 1};
    tensor.shape = shape;
  }

  /// The error of a call; empty if there is none.
  std::string bind(std::vector<int64_t> signature) {
    const fovea_tensor_t *arguments[] = {&tensor};
    int status =
        fovea_bind_arguments("f", signature.data(), arguments, 1, storage);
    const char *error = fovea_last_error();
    EXPECT_EQ(status, error != nullptr);
    return error ? error : "";
  }
  std::string bindArray(int64_t device = 1) {
    return bind({device, 1, 2, 2, 32, -1, 4});
  }
  std::string bindScalar() {
    tensor.ndim = 0;
    return bind({1, 1, -1, 2, 32});
  }

  float data[12] = {};
  int64_t shape[2] = {3, 4}, strides[2] = {4, 1}, storage[16];
  fovea_tensor_t tensor = {};
};

TEST_F(ArgumentsTest, Array) {
  EXPECT_EQ(bindArray(), "");
  EXPECT_EQ(storage[1], reinterpret_cast<int64_t>(data));
  EXPECT_EQ(std::vector<int64_t>(storage + 2, storage + 7),
            (std::vector<int64_t>{0, 3, 4, 4, 1}));
  EXPECT_EQ(fovea_call_status(), 0);
}

TEST_F(ArgumentsTest, Number) {
  int64_t signature[] = {1, 1, 2, 2, 32, -1, 4};
  EXPECT_EQ(fovea_bind_arguments("f", signature, nullptr, 0, storage), 1);
  EXPECT_STREQ(fovea_last_error(), "f: expected 1 arguments, got 0");
  const fovea_tensor_t *none[] = {nullptr};
  EXPECT_EQ(fovea_bind_arguments("f", signature, none, 1, storage), 1);
  EXPECT_STREQ(fovea_last_error(), "f: argument 0: is NULL");
}

TEST_F(ArgumentsTest, RankAndType) {
  tensor.ndim = 3;
  EXPECT_EQ(bindArray(), "f: argument 0: expected rank 2, got 3");
  tensor.ndim = 2;
  tensor.dtype = {4, 16, 1};
  EXPECT_EQ(bindArray(),
            "f: argument 0: expected elements of type float32, got bfloat16");
  tensor.dtype = {2, 32, 4};
  EXPECT_EQ(bindArray(), "f: argument 0: expected elements of type float32, "
                         "got float32 in vectors");
  tensor.dtype = {5, 32, 1};
  EXPECT_EQ(bindArray(), "f: argument 0: expected elements of type float32, "
                         "got unknown 32");
}

TEST_F(ArgumentsTest, Devices) {
  tensor.device.type = 2;
  EXPECT_EQ(bindArray(),
            "f: argument 0: expected it on the CPU, got a CUDA device");
  tensor.device.type = 3;
  EXPECT_EQ(bindArray(), "");
  EXPECT_EQ(bindArray(/*device=*/2), "f: argument 0: expected it on a CUDA "
                                     "device, got CUDA's host memory");
  tensor.device.type = 8;
  EXPECT_EQ(bindArray(), "f: argument 0: expected it on the CPU, got a device "
                         "of another kind");
  EXPECT_EQ(bindScalar(), "f: argument 0: is a scalar; expected it on the CPU, "
                          "got a device of another kind");
}

TEST_F(ArgumentsTest, Shapes) {
  shape[1] = 5;
  EXPECT_EQ(bindArray(), "f: argument 0: dimension 1 has size 5, expected 4");
  shape[1] = 4;
  shape[0] = -1;
  EXPECT_EQ(bindArray(), "f: argument 0: dimension 0 has size -1");
  shape[0] = int64_t(1) << 62;
  EXPECT_EQ(bindArray(), "f: argument 0: is too large");
  tensor.shape = nullptr;
  EXPECT_EQ(bindArray(), "f: argument 0: has no shape");
}

TEST_F(ArgumentsTest, Memory) {
  tensor.byte_offset = 2;
  EXPECT_EQ(bindArray(), "f: argument 0: its address is not a multiple of 4, "
                         "the size of an element");
  tensor.byte_offset = 0;
  tensor.strides = strides;
  EXPECT_EQ(bindArray(), "");
  strides[1] = 2;
  EXPECT_EQ(bindArray(), "f: argument 0: dimension 1 has stride 2, expected "
                         "1; pass a copy that has it");
  tensor.strides = nullptr;
  tensor.data = nullptr;
  EXPECT_EQ(bindArray(), "f: argument 0: has no data");
  shape[0] = 0;
  EXPECT_EQ(bindArray(), "");
  EXPECT_EQ(bindScalar(), "f: argument 0: has no data");
}

} // namespace
