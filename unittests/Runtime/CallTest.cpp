//===- CallTest.cpp - Calls of compiled functions -------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include <cstring>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace fovea::test;

namespace {

/// What the function under test does.
std::function<void(const int64_t *storage, void *temporaries)> work;
int64_t temporaryBytes = 0;

/// f(f32[?], f32[?]), which writes the second.
class CallTest : public RuntimeTest {
protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    work = [](const int64_t *, void *) {};
    temporaryBytes = 0;
    for (fovea_tensor_t *tensor : {&a, &b}) {
      tensor->device = {1, 0};
      tensor->ndim = 1;
      tensor->dtype = {2, 32, 1};
      tensor->shape = &shape;
    }
    a.data = in;
    b.data = out;
  }
  void TearDown() override {
    fovea_set_workspace(nullptr, 0);
    fovea_set_tracer(nullptr);
    RuntimeTest::TearDown();
  }

  /// The error of a call; empty if there is none.
  std::string call() {
    const fovea_tensor_t *arguments[] = {&a, &b};
    int status = fovea_call(&entry, arguments, 2, nullptr);
    const char *error = fovea_last_error();
    EXPECT_EQ(status, error != nullptr);
    return error ? error : "";
  }

  float in[4] = {1, 2, 3, 4}, out[4] = {};
  int64_t shape = 4;
  fovea_tensor_t a = {}, b = {};
  const int64_t signature[15] = {1, 2, 10, 1,  2, 32, 0, -1,
                                 1, 1, 2,  32, 1, -1, 1};
  fovea_code_t codes[2] = {{"cpu:plain", 0,
                            [](const int64_t *storage, void *temporaries,
                               void *) { work(storage, temporaries); },
                            [](const int64_t *) { return temporaryBytes; }, 128,
                            0},
                           {}};
  fovea_entry_t entry = {FOVEA_ABI_VERSION, "f", signature, 1, codes};
};

TEST_F(CallTest, Storage) {
  std::vector<int64_t> seen;
  work = [&](const int64_t *storage, void *) {
    seen.assign(storage, storage + 10);
  };
  EXPECT_EQ(call(), "");
  auto first = reinterpret_cast<int64_t>(in);
  auto second = reinterpret_cast<int64_t>(out);
  EXPECT_EQ(seen, (std::vector<int64_t>{first, first, 0, 4, 1, second, second,
                                        0, 4, 1}));
}

TEST_F(CallTest, Versions) {
  entry.abi = FOVEA_ABI_VERSION + 1;
  EXPECT_EQ(call(), "the function is of ABI version 4, this libfovea_runtime "
                    "knows those up to 3; update it");
}

TEST_F(CallTest, Features) {
  // A feature that no CPU has yet, then what all have.
  codes[1] = codes[0];
  codes[0] = {"cpu:later", UINT64_C(1) << 63, nullptr, nullptr, 0, 0};
  EXPECT_EQ(call(), "f: this CPU cannot run the code for cpu:later: it lacks a "
                    "feature of later CPUs; compile also for "
                    "--target=cpu:plain");
  entry.count = 2;
  bool ran = false;
  work = [&](const int64_t *, void *) { ran = true; };
  EXPECT_EQ(call(), "");
  EXPECT_TRUE(ran);
}

TEST_F(CallTest, ErrorsOfTheCode) {
  work = [](const int64_t *, void *) { fovea_report_error("f: no"); };
  EXPECT_EQ(call(), "f: no");
  work = [](const int64_t *, void *) {};
  EXPECT_EQ(call(), "");
}

TEST_F(CallTest, WritesOverlap) {
  b.data = in + 3;
  EXPECT_EQ(call(), "f: argument 1: is written and shares memory with argument "
                    "0; give it memory of its own");
  shape = 3;
  EXPECT_EQ(call(), "");
  int64_t zero = 0;
  a.strides = &zero;
  EXPECT_EQ(call(), "f: argument 0: dimension 0 has stride 0, expected 1; pass "
                    "a copy that has it");
}

/// Whatever the arguments say, the call returns.
TEST_F(CallTest, RandomArguments) {
  std::mt19937 random(1);
  auto draw = [&](std::initializer_list<int64_t> values) {
    return values.begin()[random() % values.size()];
  };
  const int64_t planes[] = {1,  2, 18, 3,  2, 32, 0,  -1, -1, -1, -1, -1,
                            -1, 3, 2,  32, 1, -1, -1, -1, -1, -1, -1};
  entry.signature = planes;
  static float memory[2000];
  int passed = 0;
  work = [&](const int64_t *storage, void *) {
    ++passed;
    for (const int64_t *array : {storage, storage + 9})
      for (int axis = 0; axis < 3; ++axis)
        EXPECT_GE(array[3 + axis], 0);
  };
  for (int trial = 0; trial < 20000; ++trial) {
    int64_t shapes[2][3], strides[2][3];
    for (int n = 0; n < 2; ++n) {
      fovea_tensor_t &tensor = n ? b : a;
      for (int axis = 0; axis < 3; ++axis) {
        shapes[n][axis] = draw({0, 1, 2, 3, 4, 5, 6, 7, 8, 8, -1, INT64_MAX,
                                INT64_MIN, INT64_C(1) << 40});
        strides[n][axis] =
            draw({0, 1, 1, 8, 8, 64, 64, -1, INT64_MAX, INT64_MIN,
                  INT64_C(1) << 58, -(INT64_C(1) << 58)});
      }
      tensor.ndim = draw({3, 3, 3, 3, 3, 3, 3, 2, -1, 4});
      tensor.data =
          random() % 20 ? memory + 700 + 600 * n + random() % 100 : nullptr;
      tensor.shape = shapes[n];
      tensor.strides = random() % 2 ? strides[n] : nullptr;
      tensor.byte_offset = random() % 30 ? 0 : UINT64_MAX - random() % 9;
    }
    call();
  }
  EXPECT_GT(passed, 200);
}

TEST_F(CallTest, Temporaries) {
  temporaryBytes = 1000;
  void *first = nullptr, *second = nullptr;
  work = [&](const int64_t *, void *temporaries) {
    memset(temporaries, 1, 1000);
    first = temporaries;
    // A call inside of a call gets others.
    auto outer = std::move(work);
    work = [&](const int64_t *, void *inner) {
      memset(inner, 2, 1000);
      second = inner;
    };
    EXPECT_EQ(call(), "");
    EXPECT_EQ(static_cast<char *>(temporaries)[999], 1);
    work = std::move(outer);
  };
  EXPECT_EQ(call(), "");
  EXPECT_NE(first, second);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
  work = [&](const int64_t *, void *temporaries) { second = temporaries; };
  EXPECT_EQ(call(), "");
  EXPECT_EQ(first, second);
  temporaryBytes = INT64_C(1) << 50;
  EXPECT_EQ(call(), "f: cannot allocate 1125899906842624 bytes of temporaries");
}

TEST_F(CallTest, Workspace) {
  temporaryBytes = 100;
  alignas(64) static char memory[1024];
  const fovea_tensor_t *arguments[] = {&a, &b};
  EXPECT_EQ(fovea_workspace_bytes(&entry, arguments, 2, 3), 128 + 3 * 128);
  EXPECT_EQ(fovea_workspace_bytes(&entry, arguments, 2, 0), 128 + 4 * 128);
  EXPECT_EQ(fovea_workspace_bytes(&entry, arguments, 1, 3), -1);
  EXPECT_STREQ(fovea_last_error(), "f: expected 2 arguments, got 1");
  EXPECT_EQ(fovea_set_workspace(memory + 8, 100), 1);
  EXPECT_EQ(fovea_set_workspace(memory, -1), 1);

  EXPECT_EQ(fovea_set_workspace(memory, 255), 0);
  EXPECT_EQ(call(), "f: needs 128 bytes of workspace, and 128 for each thread; "
                    "fovea_set_workspace gave 255");
  // Room for two threads of four.
  EXPECT_EQ(fovea_set_workspace(memory, 128 + 2 * 128), 0);
  std::mutex mutex;
  std::set<void *> pieces;
  work = [&](const int64_t *, void *temporaries) {
    EXPECT_EQ(temporaries, memory);
    parallelFor(50, 128, [&](int64_t, void *scratch) {
      memset(scratch, 3, 128);
      std::this_thread::yield();
      std::lock_guard<std::mutex> lock(mutex);
      pieces.insert(scratch);
    });
    // More than the entry says.
    fovea_clear_error();
    parallelFor(1, 1000, [](int64_t, void *) {});
    EXPECT_STREQ(fovea_last_error(), "fovea_parallel_for: cannot allocate 1000 "
                                     "bytes of scratch memory for each thread");
    fovea_clear_error();
  };
  EXPECT_EQ(call(), "");
  EXPECT_LE(pieces.size(), 2u);
  for (void *piece : pieces)
    EXPECT_TRUE(piece == memory + 128 || piece == memory + 256);
  // What a loop's threads share comes from there, too, and goes back.
  codes[0].shared_bytes = 100;
  EXPECT_EQ(fovea_workspace_bytes(&entry, arguments, 2, 1), 3 * 128);
  work = [&](const int64_t *, void *) {
    for (int repeat = 0; repeat < 3; ++repeat) {
      void *shared = fovea_acquire_workspace(100, 50);
      EXPECT_EQ(shared, memory + 128);
      parallelFor(1, 128, [&](int64_t, void *scratch) {
        EXPECT_EQ(scratch, memory + 256);
      });
      EXPECT_EQ(fovea_acquire_workspace(200, 0), nullptr);
      EXPECT_STREQ(fovea_last_error(),
                   "cannot allocate 200 bytes of workspace");
      fovea_clear_error();
      fovea_release_workspace(shared);
    }
  };
  EXPECT_EQ(call(), "");
  EXPECT_EQ(fovea_set_workspace(memory, 3 * 128 - 1), 0);
  EXPECT_EQ(call(), "f: needs 256 bytes of workspace, and 128 for each thread; "
                    "fovea_set_workspace gave 383");
  // Loops outside of calls have their own memory.
  parallelFor(1, 64, [&](int64_t, void *scratch) {
    auto *bytes = static_cast<char *>(scratch);
    EXPECT_TRUE(bytes < memory || bytes >= memory + sizeof(memory));
  });
}

TEST_F(CallTest, Tracer) {
  std::string events;
  fovea_tracer_t tracer = {
      [](fovea_trace_kind kind, const char *name, int64_t items, void *text) {
        *static_cast<std::string *>(text) +=
            "(" + std::to_string(kind) + name + std::to_string(items);
      },
      [](fovea_trace_kind kind, const char *, int status, void *text) {
        *static_cast<std::string *>(text) +=
            std::to_string(kind) + std::to_string(status) + ")";
      },
      &events};
  fovea_set_tracer(&tracer);
  work = [](const int64_t *, void *) {
    parallelFor(7, 0, [](int64_t, void *) {});
  };
  EXPECT_EQ(call(), "");
  EXPECT_EQ(events, "(0f2(1f710)00)");
  events.clear();
  fovea_set_tracer(nullptr);
  EXPECT_EQ(call(), "");
  EXPECT_EQ(events, "");
}

} // namespace
