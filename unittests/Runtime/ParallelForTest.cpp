//===- ParallelForTest.cpp - Parallel loops on the runtime's pool ---------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace fovea::test;

extern "C" int foveaRunFromC(void);

#if defined(__SANITIZE_THREAD__)
#define FOVEA_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FOVEA_THREAD_SANITIZER 1
#endif
#endif

namespace {

using ParallelForTest = RuntimeTest;

/// Runs `items` items and returns whether each ran exactly once.
bool runsEachOnce(int64_t items, int64_t scratchBytes = 0) {
  std::vector<std::atomic<int>> counts(items > 0 ? items : 0);
  parallelFor(items, scratchBytes,
              [&](int64_t item, void *) { ++counts.at(item); });
  for (auto &count : counts)
    if (count != 1)
      return false;
  return fovea_last_error() == nullptr;
}

TEST_F(ParallelForTest, Version) {
  EXPECT_EQ(fovea_runtime_version(), FOVEA_RUNTIME_VERSION);
}

TEST_F(ParallelForTest, FromC) { EXPECT_TRUE(foveaRunFromC()); }

TEST_F(ParallelForTest, EachItemRunsOnce) {
  for (int threads : {1, 2, 3, 8})
    for (int64_t items : {1, 2, 3, 7, 8, 100, 10000}) {
      fovea_set_num_threads(threads);
      EXPECT_TRUE(runsEachOnce(items)) << threads << " threads, " << items;
    }
}

TEST_F(ParallelForTest, NoItems) {
  int ran = 0;
  for (int64_t items : {INT64_C(0), INT64_C(-1), INT64_MIN})
    parallelFor(items, 64, [&](int64_t, void *) { ++ran; });
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(fovea_last_error(), nullptr);
}

TEST_F(ParallelForTest, ManyShortLoops) {
  for (int i = 0; i < 20000; ++i) {
    std::atomic<int> ran{0};
    parallelFor(4, 64, [&](int64_t, void *) { ++ran; });
    ASSERT_EQ(ran, 4);
  }
}

/// A loop which ends only if four threads run it at once.
void meetOnFourThreads() {
  std::atomic<int> arrived{0};
  parallelFor(4, 0, [&](int64_t, void *) {
    ++arrived;
    while (arrived < 4)
      std::this_thread::yield();
  });
}

TEST_F(ParallelForTest, WorkersWakeUp) {
  // Long enough pauses for the workers to fall asleep.
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    meetOnFourThreads();
  }
}

TEST_F(ParallelForTest, CallerSleepsUntilSlowWorkersFinish) {
  std::atomic<int> ran{0};
  auto caller = std::this_thread::get_id();
  std::atomic<int> arrived{0};
  parallelFor(2, 0, [&](int64_t, void *) {
    ++arrived;
    while (arrived < 2)
      std::this_thread::yield();
    if (std::this_thread::get_id() != caller)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ++ran;
  });
  EXPECT_EQ(ran, 2);
}

TEST_F(ParallelForTest, ContextWritesAreSeenByTheCaller) {
  // Plain memory, so that the thread sanitizer checks the ordering.
  std::vector<int64_t> values(1000);
  for (int repeat = 0; repeat < 200; ++repeat) {
    parallelFor(1000, 0,
                [&](int64_t item, void *) { values[item] += item * repeat; });
    values[repeat] += 1;
  }
  int64_t factor = 199 * 200 / 2;
  for (int64_t i = 0; i < 1000; ++i)
    ASSERT_EQ(values[i], i * factor + (i < 200));
}

TEST_F(ParallelForTest, NestedCallsRunOnTheSameThread) {
  std::atomic<int> ran{0};
  std::atomic<int> strayed{0};
  parallelFor(16, 0, [&](int64_t, void *) {
    auto self = std::this_thread::get_id();
    parallelFor(16, 0, [&](int64_t, void *) {
      strayed += std::this_thread::get_id() != self;
      parallelFor(4, 0, [&](int64_t, void *) { ++ran; });
    });
  });
  EXPECT_EQ(ran, 16 * 16 * 4);
  EXPECT_EQ(strayed, 0);
}

TEST_F(ParallelForTest, NestedCallsOfASerialLoopStayToo) {
  // A loop of one item doesn't use the pool; the nested one could.
  auto self = std::this_thread::get_id();
  std::atomic<int> strayed{0};
  parallelFor(1, 0, [&](int64_t, void *) {
    parallelFor(4, 0, [&](int64_t, void *) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      strayed += std::this_thread::get_id() != self;
    });
  });
  EXPECT_EQ(strayed, 0);
}

TEST_F(ParallelForTest, ConcurrentCalls) {
  std::atomic<int> bad{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i)
        bad += !runsEachOnce(1 + (i * 7 + t) % 50, 256);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(bad, 0);
}

TEST_F(ParallelForTest, ScratchIsAlignedAndPrivate) {
  for (int64_t bytes : {1, 63, 64, 65, 4096, 100000, 10}) {
    std::atomic<int> bad{0};
    parallelFor(64, bytes, [&](int64_t item, void *scratch) {
      bad += reinterpret_cast<uintptr_t>(scratch) % 64 != 0;
      auto *memory = static_cast<unsigned char *>(scratch);
      memset(memory, int(item), bytes);
      std::this_thread::yield();
      for (int64_t i = 0; i < bytes; ++i)
        bad += memory[i] != (unsigned char)item;
    });
    EXPECT_EQ(bad, 0) << bytes;
  }
}

TEST_F(ParallelForTest, ScratchDiffersBetweenRunningBodies) {
  std::mutex mutex;
  std::set<void *> seen;
  std::atomic<int> arrived{0};
  parallelFor(4, 128, [&](int64_t, void *scratch) {
    ++arrived;
    while (arrived < 4)
      std::this_thread::yield();
    std::lock_guard<std::mutex> lock(mutex);
    seen.insert(scratch);
  });
  EXPECT_EQ(seen.size(), 4u);
}

TEST_F(ParallelForTest, ScratchIsKeptBetweenCalls) {
  fovea_set_num_threads(1);
  void *first = nullptr, *second = nullptr, *smaller = nullptr;
  parallelFor(1, 1 << 20, [&](int64_t, void *scratch) { first = scratch; });
  // Would be put in the place of the first if that had been freed.
  std::unique_ptr<char[]> other(new char[1 << 20]);
  parallelFor(1, 1 << 20, [&](int64_t, void *scratch) { second = scratch; });
  parallelFor(1, 100, [&](int64_t, void *scratch) { smaller = scratch; });
  EXPECT_EQ(first, second);
  EXPECT_EQ(first, smaller);
}

TEST_F(ParallelForTest, NoScratchIsNull) {
  std::atomic<int> notNull{0};
  parallelFor(8, 0,
              [&](int64_t, void *scratch) { notNull += scratch != nullptr; });
  EXPECT_EQ(notNull, 0);
}

/// Nests `levels` loops, each with scratch memory, and counts overwritten ones.
int nestWithScratch(int levels) {
  if (levels == 0)
    return 0;
  int bad = 0;
  parallelFor(1, 512, [&](int64_t, void *scratch) {
    memset(scratch, levels, 512);
    bad += nestWithScratch(levels - 1);
    for (int i = 0; i < 512; ++i)
      bad += static_cast<char *>(scratch)[i] != char(levels);
  });
  return bad;
}

TEST_F(ParallelForTest, NestedScratchIsDistinct) {
  EXPECT_EQ(nestWithScratch(10), 0);
}

TEST_F(ParallelForTest, NumberOfThreadsCanChange) {
  for (int threads : {1, 4, 2, 8, 1, 3}) {
    fovea_set_num_threads(threads);
    EXPECT_EQ(fovea_get_num_threads(), threads);
    std::mutex mutex;
    std::set<std::thread::id> ids;
    std::atomic<int> arrived{0};
    parallelFor(threads, 0, [&](int64_t, void *) {
      ++arrived;
      while (arrived < threads)
        std::this_thread::yield();
      std::lock_guard<std::mutex> lock(mutex);
      ids.insert(std::this_thread::get_id());
    });
    EXPECT_EQ(int(ids.size()), threads);
    ids.clear();
    parallelFor(1000, 0, [&](int64_t, void *) {
      std::lock_guard<std::mutex> lock(mutex);
      ids.insert(std::this_thread::get_id());
    });
    EXPECT_LE(int(ids.size()), threads);
  }
}

TEST_F(ParallelForTest, NumberOfThreadsCanChangeInsideABody) {
  std::atomic<int> ran{0};
  parallelFor(100, 0, [&](int64_t item, void *) {
    fovea_set_num_threads(1 + int(item % 5));
    ++ran;
  });
  EXPECT_EQ(ran, 100);
}

TEST_F(ParallelForTest, OneThreadRunsInOrderInTheCaller) {
  fovea_set_num_threads(1);
  auto self = std::this_thread::get_id();
  std::vector<int64_t> order;
  bool strayed = false;
  parallelFor(10, 0, [&](int64_t item, void *) {
    order.push_back(item);
    strayed |= std::this_thread::get_id() != self;
  });
  EXPECT_EQ(order, (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_FALSE(strayed);
}

TEST_F(ParallelForTest, NumberOfThreadsIsClamped) {
  fovea_set_num_threads(INT32_MAX);
  EXPECT_EQ(fovea_get_num_threads(), 1024);
  fovea_set_num_threads(0);
  int byDefault = fovea_get_num_threads();
  EXPECT_GE(byDefault, 1);
  fovea_set_num_threads(-5);
  EXPECT_EQ(fovea_get_num_threads(), byDefault);
}

/// What the default is in a new process with that environment; such a process
/// exits with the number and prints its complaints to stderr.
void expectDefault(const char *variable, int threads, const char *complaint) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  setenv("FOVEA_NUM_THREADS", variable, 1);
  EXPECT_EXIT(
      {
        fovea_set_num_threads(0);
        exit(fovea_get_num_threads());
      },
      testing::ExitedWithCode(threads), complaint)
      << variable;
  unsetenv("FOVEA_NUM_THREADS");
}

TEST_F(ParallelForTest, EnvironmentVariable) {
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
  int cpus = CPU_COUNT(&set);
  expectDefault("3", 3, "^$");
  expectDefault("1", 1, "^$");
  expectDefault("", cpus, "^$");
  for (const char *bad : {"0", "-1", "two", "4x", "1025"})
    expectDefault(bad, cpus, "FOVEA_NUM_THREADS='.*' is not a number from 1");
}

#ifndef FOVEA_THREAD_SANITIZER // It doesn't support threads after a fork.
TEST_F(ParallelForTest, WorksInAForkedChild) {
  meetOnFourThreads();
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(20);
    meetOnFourThreads();
    bool works = runsEachOnce(100, 64);
    _exit(works ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(runsEachOnce(100, 64));
}
#endif

TEST_F(ParallelForTest, WorkspacesAreGivenBackLastFirst) {
  // More than a thread keeps.
  std::vector<char *> held;
  for (int64_t n = 1; n <= 6; ++n) {
    auto *memory = static_cast<char *>(fovea_acquire_workspace(100 * n, 64));
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0u);
    for (int i = 0; i < 64; ++i)
      EXPECT_EQ(memory[i], 0);
    memset(memory, n, 100 * n);
    held.push_back(memory);
  }
  for (int64_t n = 6; n >= 1; --n) {
    EXPECT_EQ(held[n - 1][100 * n - 1], n);
    fovea_release_workspace(held[n - 1]);
  }
  // Kept, and its first bytes cleared again.
  auto *again = static_cast<char *>(fovea_acquire_workspace(100, 10));
  EXPECT_EQ(again, held[0]);
  EXPECT_EQ(again[9], 0);
  EXPECT_EQ(again[10], 1);
  fovea_release_workspace(again);
  fovea_release_workspace(nullptr);
}

TEST_F(ParallelForTest, WorkspaceThatCannotBeHadIsAnError) {
  EXPECT_EQ(fovea_acquire_workspace(int64_t(1) << 60, 0), nullptr);
  EXPECT_STREQ(fovea_last_error(),
               "cannot allocate 1152921504606846976 bytes of workspace");
  fovea_clear_error();
}

TEST_F(ParallelForTest, ShortLoopsAreCheap) {
  // 10 microseconds is the aim with two free cores; the limit leaves room for
  // a loaded machine and for sanitizers.
  fovea_set_num_threads(2);
  double best = 1e9;
  for (int round = 0; round < 20; ++round) {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i)
      fovea_parallel_for(2, 64, [](int64_t, void *, void *) {}, nullptr);
    std::chrono::duration<double, std::micro> time =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, time.count() / 1000);
  }
  RecordProperty("MicrosecondsPerLoop", std::to_string(best));
  EXPECT_LT(best, 200);
}

} // namespace
