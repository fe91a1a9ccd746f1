//===- ProviderTest.cpp - A caller's own pool of threads ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

using namespace fovea::test;

namespace {

using ProviderTest = RuntimeTest;

std::atomic<int> providerCalls{0};

/// One new thread for each item, and no scratch memory.
void threadPerItem(int64_t items, int64_t, fovea_body_t body, void *context) {
  ++providerCalls;
  std::vector<std::thread> threads;
  for (int64_t item = 0; item < items; ++item)
    threads.emplace_back([=] {
      fovea_report_error("the thread's own error");
      body(item, nullptr, context);
      // The error of the thread is as it was.
      if (!fovea_last_error() ||
          strcmp(fovea_last_error(), "the thread's own error") != 0)
        std::abort();
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST_F(ProviderTest, RunsEachItemOnceWithScratch) {
  providerCalls = 0;
  fovea_set_parallel_for(threadPerItem);
  std::vector<std::atomic<int>> counts(20);
  std::atomic<int> bad{0};
  parallelFor(20, 1000, [&](int64_t item, void *scratch) {
    ++counts[item];
    bad += !scratch || reinterpret_cast<uintptr_t>(scratch) % 64 != 0;
    memset(scratch, int(item), 1000);
  });
  EXPECT_EQ(providerCalls, 1);
  EXPECT_EQ(bad, 0);
  for (auto &count : counts)
    EXPECT_EQ(count, 1);
  EXPECT_EQ(fovea_last_error(), nullptr);
}

TEST_F(ProviderTest, NullRestoresTheRuntimesPool) {
  providerCalls = 0;
  fovea_set_parallel_for(threadPerItem);
  fovea_set_parallel_for(nullptr);
  std::atomic<int> ran{0};
  parallelFor(20, 0, [&](int64_t, void *) { ++ran; });
  EXPECT_EQ(ran, 20);
  EXPECT_EQ(providerCalls, 0);
}

TEST_F(ProviderTest, ErrorsReachTheCaller) {
  fovea_set_parallel_for(threadPerItem);
  parallelFor(8, 0, [](int64_t item, void *) {
    if (item == 5)
      fovea_report_error("item 5 failed");
  });
  EXPECT_STREQ(fovea_last_error(), "item 5 failed");
}

TEST_F(ProviderTest, ScratchFailureReachesTheCaller) {
  fovea_set_parallel_for(threadPerItem);
  std::atomic<int> ran{0};
  parallelFor(8, INT64_MAX, [&](int64_t, void *) { ++ran; });
  EXPECT_EQ(ran, 0);
  ASSERT_NE(fovea_last_error(), nullptr);
  EXPECT_NE(std::string(fovea_last_error()).find("scratch memory"),
            std::string::npos);
}

TEST_F(ProviderTest, ItsScratchIsUsed) {
  alignas(64) static char memory[64];
  fovea_set_parallel_for(
      [](int64_t items, int64_t, fovea_body_t body, void *context) {
        for (int64_t item = 0; item < items; ++item)
          body(item, memory, context);
      });
  int others = 0;
  parallelFor(3, 64,
              [&](int64_t, void *scratch) { others += scratch != memory; });
  EXPECT_EQ(others, 0);
}

TEST_F(ProviderTest, NestedLoopsStayInside) {
  providerCalls = 0;
  fovea_set_parallel_for(threadPerItem);
  std::atomic<int> ran{0};
  parallelFor(4, 64, [&](int64_t, void *outer) {
    parallelFor(5, 64, [&](int64_t, void *inner) { ran += outer != inner; });
  });
  EXPECT_EQ(ran, 20);
  EXPECT_EQ(providerCalls, 1);
}

TEST_F(ProviderTest, MayUseTheRuntimesPool) {
  providerCalls = 0;
  fovea_set_parallel_for([](int64_t items, int64_t scratchBytes,
                            fovea_body_t body, void *context) {
    ++providerCalls;
    fovea_parallel_for(items, scratchBytes, body, context);
  });
  std::atomic<int> ran{0};
  parallelFor(100, 64, [&](int64_t item, void *scratch) {
    ran += scratch != nullptr;
    if (item == 99)
      fovea_report_error("the last failed");
  });
  EXPECT_EQ(ran, 100);
  EXPECT_EQ(providerCalls, 1);
  EXPECT_STREQ(fovea_last_error(), "the last failed");
  fovea_clear_error();
  parallelFor(1, 0, [](int64_t, void *) {});
  EXPECT_EQ(providerCalls, 2);
}

TEST_F(ProviderTest, LeavingItemsUndoneIsAnError) {
  fovea_set_parallel_for([](int64_t, int64_t, fovea_body_t body,
                            void *context) { body(0, nullptr, context); });
  parallelFor(3, 0, [](int64_t, void *) {});
  EXPECT_STREQ(fovea_last_error(), "the provider given to "
                                   "fovea_set_parallel_for ran 1 items instead "
                                   "of 3");
}

} // namespace
