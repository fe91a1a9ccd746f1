//===- CudaTest.cpp - Launches of GPU kernels -----------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On a driver that records what it is asked (fake_cuda.c, which finds what it
// shall fail at in the environment).
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

using namespace fovea::test;

namespace {

class CudaTest : public RuntimeTest {
protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    setenv("FOVEA_CUDA_DRIVER", FOVEA_FAKE_CUDA, 1);
  }
  void TearDown() override {
    for (const char *name : {"FAKE_FAIL", "FAKE_NO_CONTEXT"})
      unsetenv(name);
    RuntimeTest::TearDown();
  }

  /// The error of launching a kernel on one array of rank 2, {pointer, pointer,
  /// offset, sizes, strides}; empty if there is none. `facts` are the grid's
  /// rank and what follows.
  std::string launch(std::vector<int64_t> facts, std::vector<int64_t> grid,
                     bool persistent = false) {
    facts.insert(facts.begin(), {90, 128, 0, persistent});
    fovea_cuda_kernel_t kernel = {"k", ".target sm_90a", facts.data(), nullptr};
    void *arguments[] = {array};
    fovea_clear_error();
    fovea_cuda_launch(&kernel, grid.data(), arguments, nullptr);
    const char *error = fovea_last_error();
    return error ? error : "";
  }
  /// With a tensor map of the array of bf16 as the only parameter.
  std::string launchMap() {
    return launch({1, 0, 1, FOVEA_CUDA_TENSOR_MAP, 12, 0, 2, 9, 2, 128, -1, 0,
                   2, 1, 0, 64, 64},
                  {1});
  }
  /// With the size of the array's dimension 0 as the only parameter.
  std::string launchSize() {
    return launch({1, 0, 1, FOVEA_CUDA_SIZE, 2, 0, 0}, {1});
  }

  int64_t array[7] = {1024, 1024, 0, 64, 64, 64, 1};
};

TEST_F(CudaTest, Launch) {
  EXPECT_EQ(launchMap(), "");
  EXPECT_EQ(launchSize(), "");
}

TEST_F(CudaTest, Tracer) {
  std::string events;
  fovea_tracer_t tracer = {
      [](fovea_trace_kind kind, const char *name, int64_t items, void *text) {
        *static_cast<std::string *>(text) +=
            "(" + std::to_string(kind) + name + std::to_string(items);
      },
      [](fovea_trace_kind, const char *, int status, void *text) {
        *static_cast<std::string *>(text) += " " + std::to_string(status) + ")";
      },
      &events};
  fovea_set_tracer(&tracer);
  EXPECT_EQ(launch({2, 0, 1, 0}, {3, 5}), "");
  EXPECT_EQ(launch({2, 0, 1, 0}, {0, 5}), "");
  EXPECT_NE(launch({2, 0, 1, 0}, {1, 70000}), "");
  EXPECT_EQ(events, "(2k15 0)(2k70000 1)");
  fovea_set_tracer(nullptr);
}

TEST_F(CudaTest, Grid) {
  EXPECT_EQ(launch({2, 0, 1, 0}, {1, 70000}),
            "k: needs 70000 blocks in dimension 1 of the grid, but a GPU takes "
            "65535");
  EXPECT_EQ(launch({2, 0, 1, 0}, {0, 70000}), "");
  EXPECT_EQ(launch({2, 0, 1, 0}, {1 << 20, 1 << 20}, /*persistent=*/true),
            "k: has more than 2^30 work items");
}

TEST_F(CudaTest, Parameters) {
  EXPECT_EQ(launch({1, 0, 65}, {1}), "k: has more than 64 parameters");
  EXPECT_EQ(launch({1, 0, 1, 99, 0}, {1}),
            "k: needs a newer libfovea_runtime (parameter of kind 99)");
  array[3] = int64_t(1) << 31;
  EXPECT_EQ(launchSize(), "k: argument 0: dimension 0 has size 2147483648, "
                          "but a GPU takes 2146435072");
}

TEST_F(CudaTest, TensorMaps) {
  array[3] = int64_t(1) << 32;
  EXPECT_EQ(launchMap(), "k: argument 0: dimension 0 has size 4294967296, "
                         "which exceeds the limit of 2^32 - 1");
  array[3] = 64;
  array[5] = 65;
  EXPECT_EQ(launchMap(),
            "k: argument 0: dimension 0 has a stride of 65 elements of 2 "
            "bytes; the GPU's copies need a positive multiple of 16 bytes "
            "below 2^40: pass a contiguous copy");
  array[5] = 64;
  array[1] = 1026;
  EXPECT_EQ(launchMap(), "k: argument 0: its address is not a multiple of 16, "
                         "which the GPU's copies need: pass a copy");
  array[1] = 1024;
  setenv("FAKE_FAIL", "cuTensorMapEncodeTiled", 1);
  EXPECT_EQ(launchMap(), "k: argument 0: cuTensorMapEncodeTiled: a fake error");
}

TEST_F(CudaTest, Failures) {
  for (const char *name :
       {"cuCtxGetCurrent", "cuCtxGetId", "cuCtxGetDevice",
        "cuDeviceGetAttribute", "cuModuleLoadData", "cuModuleGetFunction",
        "cuFuncGetAttribute", "cuLaunchKernelEx"}) {
    setenv("FAKE_FAIL", name, 1);
    EXPECT_EQ(launchSize(), "k: " + std::string(name) + ": a fake error");
  }
  setenv("FAKE_FAIL", "cuFuncSetAttribute", 1);
  EXPECT_EQ(launchSize(),
            "k: cuFuncSetAttribute(dynamic shared memory): a fake error");
  std::vector<int64_t> workspace = {1, 0, 1, FOVEA_CUDA_WORKSPACE, 1, 8};
  setenv("FAKE_FAIL", "cuMemAlloc_v2", 1);
  EXPECT_EQ(launch(workspace, {1}), "k: cuMemAlloc: a fake error");
  setenv("FAKE_FAIL", "cuStreamCreate", 1);
  EXPECT_EQ(launch(workspace, {1}), "k: cuStreamCreate: a fake error");
  setenv("FAKE_FAIL", "cuMemsetD8Async", 1);
  EXPECT_EQ(launch(workspace, {1}), "k: cuMemsetD8Async: a fake error");
  unsetenv("FAKE_FAIL");
  setenv("FAKE_NO_CONTEXT", "1", 1);
  EXPECT_EQ(launchSize(), "k: this thread has no current CUDA context");
}

/// Two ways to launch something, the second by two kernels.
TEST_F(CudaTest, Choice) {
  int64_t facts[] = {90, 128, 0, 0, 1, 0, 0},
          other[] = {80, 128, 0, 0, 1, 0, 0};
  fovea_cuda_kernel_t a = {"a", ".target sm_90a", facts, nullptr},
                      b = {"b", ".target sm_90a", facts, nullptr},
                      c = {"c", ".target sm_90a", facts, nullptr},
                      d = {"d", ".target sm_90a", other, nullptr};
  fovea_cuda_kernel_t *kernels[] = {&a, &b, &c}, *wrong[] = {&a, &b, &d};
  int64_t sizes[] = {1, 2};
  auto choose = [&](fovea_cuda_kernel_t **ways, const char *local) {
    setenv("FAKE_LOCAL", local, 1);
    a.state = b.state = c.state = d.state = nullptr;
    int64_t best = fovea_cuda_choose(ways, sizes, 2, nullptr);
    unsetenv("FAKE_LOCAL");
    return best;
  };
  fovea_clear_error();
  EXPECT_EQ(choose(kernels, ""), 0);
  EXPECT_EQ(choose(kernels, "a=16"), 1);
  EXPECT_EQ(choose(kernels, "a=16 b=4 c=8"), 1);
  EXPECT_EQ(choose(kernels, "a=16 b=8 c=8"), 0);
  EXPECT_EQ(fovea_last_error(), nullptr);
  // A later way that cannot be loaded is none.
  EXPECT_EQ(choose(wrong, "a=16"), 0);
  EXPECT_EQ(fovea_last_error(), nullptr);
  fovea_cuda_kernel_t *first[] = {&d, &b, &c};
  EXPECT_EQ(choose(first, ""), 0);
  EXPECT_STREQ(fovea_last_error(), "d: is compiled for compute capability 8.0, "
                                   "but device 0 has 9.0");
  // After an error nothing is loaded.
  EXPECT_EQ(choose(kernels, "a=16"), 0);
  fovea_clear_error();
}

/// What the calls of a function for a GPU are given for their temporaries.
class TemporariesTest : public CudaTest {
protected:
  void SetUp() override {
    CudaTest::SetUp();
    work = nullptr;
  }
  std::string call(int64_t bytes, void *stream) {
    static const int64_t signature[] = {2, 0, 0};
    static thread_local int64_t wanted;
    wanted = bytes;
    fovea_code_t code = {
        "cuda",
        0,
        [](const int64_t *, void *temporaries, void *) { work(temporaries); },
        [](const int64_t *) { return wanted; },
        0,
        0};
    fovea_entry_t entry = {FOVEA_ABI_VERSION, "f", signature, 1, &code};
    fovea_call(&entry, nullptr, 0, stream);
    const char *error = fovea_last_error();
    return error ? error : "";
  }
  /// Where the temporaries of a call are.
  void *place(int64_t bytes, void *stream) {
    void *place = nullptr;
    work = [&](void *temporaries) { place = temporaries; };
    EXPECT_EQ(call(bytes, stream), "");
    return place;
  }

  static std::function<void(void *temporaries)> work;
  char streams[4];
};
std::function<void(void *)> TemporariesTest::work;

TEST_F(TemporariesTest, AreKeptForAStream) {
  EXPECT_EQ(place(0, &streams[0]), nullptr);
  void *first = place(100, &streams[0]);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(place(50, &streams[0]), first);
  void *larger = place(101, &streams[0]);
  EXPECT_NE(larger, first);
  EXPECT_EQ(place(200, &streams[0]), larger);
  EXPECT_NE(place(100, &streams[1]), first);
}

/// Launches of two threads on a stream do not mix: they share its temporaries.
TEST_F(TemporariesTest, OneCallOfAStreamAtATime) {
  std::atomic<int> running{0}, most{0};
  work = [&](void *temporaries) {
    int now = ++running;
    if (now > most)
      most = now;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    memset(temporaries, now, 64);
    --running;
  };
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n)
    threads.emplace_back([&] {
      for (int round = 0; round < 5; ++round)
        EXPECT_EQ(call(64, &streams[2]), "");
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(most, 1);
}

TEST_F(TemporariesTest, Failures) {
  work = [](void *) { ADD_FAILURE() << "runs without temporaries"; };
  for (const char *name : {"cuCtxGetCurrent", "cuCtxGetId"}) {
    setenv("FAKE_FAIL", name, 1);
    EXPECT_EQ(call(64, &streams[3]),
              "f: " + std::string(name) + ": a fake error");
  }
  setenv("FAKE_FAIL", "cuMemAlloc_v2", 1);
  EXPECT_EQ(call(64, &streams[3]), "f: cuMemAlloc: a fake error");
  unsetenv("FAKE_FAIL");
  setenv("FAKE_NO_CONTEXT", "1", 1);
  EXPECT_EQ(call(64, &streams[3]),
            "f: this thread has no current CUDA context");
}

/// What binding says of an array's device.
TEST_F(CudaTest, Devices) {
  int64_t shape[] = {64, 64}, storage[16];
  int64_t signature[] = {2, 2, 2, 4, 16, -1, -1, 2, 4, 16, -1, -1};
  fovea_tensor_t a = {};
  a.data = array;
  a.device = {2, 0};
  a.ndim = 2;
  a.dtype = {4, 16, 1};
  a.shape = shape;
  fovea_tensor_t b = a;
  const fovea_tensor_t *arguments[] = {&a, &b};
  auto bind = [&] {
    fovea_bind_arguments("f", signature, arguments, 2, storage);
    return std::string(fovea_last_error() ? fovea_last_error() : "");
  };
  EXPECT_EQ(bind(), "");
  b.device.id = 1;
  EXPECT_EQ(bind(), "f: argument 1: is on CUDA device 1, but an earlier one on "
                    "device 0");
  a.device.id = 1;
  EXPECT_EQ(bind(), "f: argument 0: is on CUDA device 1, but the current "
                    "context on device 0");
  setenv("FAKE_FAIL", "cuCtxGetDevice", 1);
  EXPECT_EQ(bind(), "f: argument 0: this thread has no current CUDA context (a "
                    "fake error); make one of device 1 current");
}

} // namespace
