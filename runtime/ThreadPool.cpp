//===- ThreadPool.cpp - The pool of threads behind fovea_parallel_for -----===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ThreadPool.h"

#include <algorithm>
#include <chrono>
#include <new>

#include <csignal>
#include <pthread.h>

using namespace fovea::runtime;

//===----------------------------------------------------------------------===//
// Job
//===----------------------------------------------------------------------===//

bool Job::participate(ThreadState &state) {
  BodyScope scope(state);
  void *scratch;
  if (workspace.memory && scratchBytes > 0)
    scratch = workspace.memory +
              alignUp(scratchBytes) *
                  piecesTaken.fetch_add(1, std::memory_order_relaxed);
  else if (!scope.allocate(scratchBytes, scratch))
    return false;
  while (!failed.load(std::memory_order_relaxed)) {
    int64_t item = next.fetch_add(1, std::memory_order_relaxed);
    if (item >= items)
      break;
    uint64_t reportsBefore = state.reports;
    body(item, scratch, context);
    if (state.reports != reportsBefore)
      failed.store(true, std::memory_order_relaxed);
  }
  return true;
}

void Job::takeError(ThreadState &state) {
  if (!state.error.isSet())
    return;
  std::lock_guard<std::mutex> lock(errorMutex);
  error.record(state.error.text());
  state.error.clear();
}

void Job::passErrorsOn(ThreadState &state) {
  if (error.isSet())
    state.report(error.text());
  if (!isExhausted())
    reportScratchFailure(state, scratchBytes);
}

//===----------------------------------------------------------------------===//
// Waiting
//===----------------------------------------------------------------------===//

static void spinOnce() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins until `isDone()` or for about 50 microseconds; returns whether it is
/// done. Waking a thread from sleep takes about as long.
template <typename Predicate>
static bool spinUntil(Predicate isDone) {
  using Clock = std::chrono::steady_clock;
  auto end = Clock::now() + std::chrono::microseconds(50);
  do {
    for (int i = 0; i < 32; ++i) {
      if (isDone())
        return true;
      spinOnce();
    }
  } while (Clock::now() < end);
  return isDone();
}

//===----------------------------------------------------------------------===//
// ThreadPool
//===----------------------------------------------------------------------===//

static std::atomic<ThreadPool *> instance{nullptr};
/// Pools of the parent process, kept reachable.
static ThreadPool *forgotten = nullptr;

/// A forked child has none of its parent's threads: it starts a new pool.
void ThreadPool::forgetInForkedChild() {
  if (ThreadPool *pool = instance.exchange(nullptr)) {
    pool->nextForgotten = forgotten;
    forgotten = pool;
  }
}

ThreadPool *ThreadPool::get() {
  if (ThreadPool *pool = instance.load(std::memory_order_acquire))
    return pool;
  static int registered = pthread_atfork(nullptr, nullptr, forgetInForkedChild);
  (void)registered;
  auto *created = new (std::nothrow) ThreadPool;
  ThreadPool *existing = nullptr;
  if (instance.compare_exchange_strong(existing, created))
    return created;
  delete created;
  return existing;
}

/// Starts threads until there are `wanted` workers; returns how many there are,
/// fewer if the system has no more to give.
int ThreadPool::startWorkers(int wanted) {
  if (numWorkers >= wanted)
    return wanted;
  // The program's signal handlers have no business on these threads.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  while (numWorkers < wanted) {
    auto *worker = new (std::nothrow) Worker;
    if (!worker)
      break;
    worker->pool = this;
    pthread_t thread;
    if (pthread_create(&thread, nullptr, workerMain, worker) != 0) {
      delete worker;
      break;
    }
#if defined(__linux__)
    pthread_setname_np(thread, "fovea-worker");
#endif
    pthread_detach(thread);
    workers[numWorkers++] = worker;
  }
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  return numWorkers;
}

Job *ThreadPool::waitForJob(Worker &worker) {
  for (;;) {
    bool ready = spinUntil(
        [&] { return worker.job.load(std::memory_order_relaxed) != nullptr; });
    if (!ready) {
      std::unique_lock<std::mutex> lock(worker.mutex);
      // Pairs with give(): either this sees the job or give() sees the flag.
      worker.asleep.store(true);
      while (!worker.job.load())
        worker.wakeUp.wait(lock);
      worker.asleep.store(false);
    }
    // The caller may have taken the job back.
    if (Job *job = worker.job.exchange(nullptr, std::memory_order_acquire))
      return job;
  }
}

void ThreadPool::give(Worker &worker, Job &job) {
  worker.job.store(&job);
  if (worker.asleep.load()) {
    std::lock_guard<std::mutex> lock(worker.mutex);
    worker.wakeUp.notify_one();
  }
}

void *ThreadPool::workerMain(void *opaque) {
  Worker &worker = *static_cast<Worker *>(opaque);
  ThreadState &state = ThreadState::get();
  for (;;) {
    Job *job = worker.pool->waitForJob(worker);
    job->participate(state);
    job->takeError(state);
    worker.pool->finish(*job);
  }
  return nullptr;
}

/// The job may be gone as soon as `pending` is 0; only the pool is used then.
void ThreadPool::finish(Job &job) {
  if (job.pending.fetch_sub(1) == 1 && callerAsleep.load()) {
    std::lock_guard<std::mutex> lock(doneMutex);
    done.notify_all();
  }
}

void ThreadPool::waitForWorkers(Job &job) {
  if (spinUntil([&] { return job.pending.load() == 0; }))
    return;
  std::unique_lock<std::mutex> lock(doneMutex);
  // Pairs with finish(): either this sees 0 or finish() sees the flag.
  callerAsleep.store(true);
  while (job.pending.load() != 0)
    done.wait(lock);
  callerAsleep.store(false);
}

void ThreadPool::run(Job &job, int threads, ThreadState &state) {
  int wanted = int(std::min<int64_t>(threads, job.items)) - 1;
  int used = startWorkers(wanted);
  job.pending.store(used, std::memory_order_relaxed);
  for (int i = 0; i < used; ++i)
    give(*workers[i], job);
  job.participate(state);
  // Take the job back from workers that haven't begun. If items are left, this
  // thread has no scratch memory, and a worker may still have.
  if (job.isExhausted())
    for (int i = 0; i < used; ++i)
      if (workers[i]->job.exchange(nullptr, std::memory_order_acquire))
        job.pending.fetch_sub(1);
  waitForWorkers(job);
  job.passErrorsOn(state);
}
