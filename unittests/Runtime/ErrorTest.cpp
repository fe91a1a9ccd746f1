//===- ErrorTest.cpp - Errors of the runtime ------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include <atomic>
#include <string>
#include <thread>

using namespace fovea::test;

namespace {

using ErrorTest = RuntimeTest;

TEST_F(ErrorTest, NoneAtFirst) { EXPECT_EQ(fovea_last_error(), nullptr); }

TEST_F(ErrorTest, FirstStaysUntilCleared) {
  fovea_report_error("first");
  fovea_report_error("second");
  EXPECT_STREQ(fovea_last_error(), "first");
  fovea_clear_error();
  EXPECT_EQ(fovea_last_error(), nullptr);
  fovea_report_error("third");
  EXPECT_STREQ(fovea_last_error(), "third");
}

TEST_F(ErrorTest, MessageIsCopied) {
  std::string text = "before";
  fovea_report_error(text.c_str());
  text = "after!";
  EXPECT_STREQ(fovea_last_error(), "before");
}

TEST_F(ErrorTest, LongMessageIsCut) {
  std::string text(5000, 'x');
  fovea_report_error(text.c_str());
  EXPECT_EQ(std::string(fovea_last_error()), std::string(1023, 'x'));
}

TEST_F(ErrorTest, NullAndEmptyMessagesAreErrors) {
  fovea_report_error(nullptr);
  EXPECT_STREQ(fovea_last_error(), "unknown error");
  fovea_clear_error();
  fovea_report_error("");
  EXPECT_STREQ(fovea_last_error(), "");
}

TEST_F(ErrorTest, BelongsToTheThread) {
  fovea_report_error("mine");
  bool clean = false;
  std::thread([&] {
    clean = fovea_last_error() == nullptr;
    fovea_report_error("other");
  }).join();
  EXPECT_TRUE(clean);
  EXPECT_STREQ(fovea_last_error(), "mine");
}

TEST_F(ErrorTest, ReachesTheCallerFromAnyThread) {
  // Each item waits for the others, so each thread runs one; item 3 fails.
  for (int repeat = 0; repeat < 50; ++repeat) {
    fovea_clear_error();
    std::atomic<int> arrived{0};
    parallelFor(4, 0, [&](int64_t item, void *) {
      ++arrived;
      while (arrived < 4)
        std::this_thread::yield();
      if (item == 3)
        fovea_report_error("item 3 failed");
    });
    ASSERT_STREQ(fovea_last_error(), "item 3 failed");
  }
}

TEST_F(ErrorTest, WorkersAreCleanAfterwards) {
  parallelFor(100, 0, [](int64_t, void *) { fovea_report_error("failed"); });
  ASSERT_STREQ(fovea_last_error(), "failed");
  fovea_clear_error();
  std::atomic<int> ran{0};
  std::atomic<int> dirty{0};
  parallelFor(100, 0, [&](int64_t, void *) {
    ++ran;
    dirty += fovea_last_error() != nullptr;
  });
  EXPECT_EQ(fovea_last_error(), nullptr);
  EXPECT_EQ(ran, 100);
  EXPECT_EQ(dirty, 0);
}

TEST_F(ErrorTest, LaterItemsAreSkipped) {
  for (int threads : {1, 4}) {
    fovea_set_num_threads(threads);
    fovea_clear_error();
    std::atomic<int64_t> ran{0};
    parallelFor(1000000, 0, [&](int64_t, void *) {
      ++ran;
      fovea_report_error("failed");
    });
    EXPECT_STREQ(fovea_last_error(), "failed");
    EXPECT_GE(ran, 1);
    EXPECT_LE(ran, threads);
  }
}

TEST_F(ErrorTest, EarlierErrorDoesNotStopALoop) {
  for (int threads : {1, 4}) {
    fovea_set_num_threads(threads);
    fovea_clear_error();
    fovea_report_error("earlier");
    std::atomic<int> ran{0};
    parallelFor(100, 0, [&](int64_t, void *) { ++ran; });
    EXPECT_EQ(ran, 100);
    EXPECT_STREQ(fovea_last_error(), "earlier");
  }
}

TEST_F(ErrorTest, ComesOutOfNestedLoops) {
  parallelFor(8, 0, [](int64_t outer, void *) {
    parallelFor(8, 0, [&](int64_t inner, void *) {
      if (outer == 5 && inner == 7)
        fovea_report_error("inner failed");
    });
  });
  EXPECT_STREQ(fovea_last_error(), "inner failed");
}

TEST_F(ErrorTest, ScratchThatCannotBeHad) {
  for (int threads : {1, 4})
    for (int64_t bytes : {INT64_MAX, INT64_C(1) << 50, INT64_C(-1)}) {
      fovea_set_num_threads(threads);
      fovea_clear_error();
      std::atomic<int> ran{0};
      parallelFor(10, bytes, [&](int64_t, void *) { ++ran; });
      EXPECT_EQ(ran, 0);
      ASSERT_NE(fovea_last_error(), nullptr);
      EXPECT_EQ(std::string(fovea_last_error()),
                "fovea_parallel_for: cannot allocate " + std::to_string(bytes) +
                    " bytes of scratch memory for each thread");
    }
  fovea_clear_error();
  std::atomic<int> ran{0};
  parallelFor(10, 100, [&](int64_t, void *) { ++ran; });
  EXPECT_EQ(ran, 10);
  EXPECT_EQ(fovea_last_error(), nullptr);
}

} // namespace
