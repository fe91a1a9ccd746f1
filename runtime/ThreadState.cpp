//===- ThreadState.cpp - Errors and scratch memory of a thread ------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ThreadState.h"

#include "fovea-runtime/Runtime.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

using namespace fovea::runtime;

void ErrorState::record(const char *newMessage) {
  if (set)
    return;
  if (!newMessage)
    newMessage = "unknown error";
  size_t length = strnlen(newMessage, sizeof(message) - 1);
  memcpy(message, newMessage, length);
  message[length] = '\0';
  set = true;
}

ThreadState &ThreadState::get() {
  static thread_local ThreadState state;
  return state;
}

ThreadState::~ThreadState() {
  for (unsigned level = 0; level < maxKeptBlocks; ++level)
    for (Block *block : {&blocks[level], &workspaces[level]}) {
      free(block->memory);
      *block = Block();
    }
}

void ThreadState::report(const char *message) {
  ++reports;
  error.record(message);
}

BodyScope::BodyScope(ThreadState &state)
    : state(state), outerInProvider(state.inProvider) {
  ++state.depth;
  state.inProvider = false;
}

BodyScope::~BodyScope() {
  --state.depth;
  state.inProvider = outerInProvider;
  free(ownMemory);
}

/// Memory of `bytes` bytes aligned to 64, or null. A size that no machine can
/// serve is refused here, as some allocators abort on it.
static void *allocateAligned(int64_t bytes) {
  constexpr int64_t alignment = 64;
  constexpr int64_t limit = int64_t(1) << 40;
  if (bytes > limit - alignment)
    return nullptr;
  return aligned_alloc(alignment, (bytes + alignment - 1) & -alignment);
}

bool ThreadState::Block::grow(int64_t bytes) {
  if (size >= bytes)
    return true;
  // Free first, so that growing never needs both.
  free(memory);
  memory = allocateAligned(bytes);
  size = memory ? bytes : 0;
  return memory;
}

bool BodyScope::allocate(int64_t bytes, void *&scratch) {
  scratch = nullptr;
  if (bytes == 0)
    return true;
  if (bytes < 0)
    return false;
  unsigned level = state.depth - 1;
  if (level >= ThreadState::maxKeptBlocks) {
    scratch = ownMemory = allocateAligned(bytes);
    return scratch != nullptr;
  }
  ThreadState::Block &block = state.blocks[level];
  if (!block.grow(bytes))
    return false;
  scratch = block.memory;
  return true;
}

CallScope::CallScope(ThreadState &state, const char *function)
    : state(state), outerFunction(state.function),
      outerLoopWorkspace(state.loopWorkspace) {
  state.function = function;
  // A call inside of another would take the outer one's memory.
  state.loopWorkspace = outerFunction ? Workspace() : state.workspace;
}

CallScope::~CallScope() {
  state.releaseWorkspace(temporaries);
  state.function = outerFunction;
  state.loopWorkspace = outerLoopWorkspace;
}

bool CallScope::allocate(int64_t bytes, int64_t shared, int64_t scratch) {
  const Workspace &given = state.loopWorkspace;
  if (given.memory &&
      (bytes > given.bytes ||
       alignUp(bytes) + alignUp(shared) + alignUp(scratch) > given.bytes))
    return false;
  temporaries = bytes > 0 ? state.acquireWorkspace(bytes) : nullptr;
  return bytes == 0 || temporaries;
}

void *ThreadState::acquireWorkspace(int64_t bytes) {
  if (Workspace &given = loopWorkspace; given.memory) {
    if (bytes > given.bytes || alignUp(bytes) > given.bytes)
      return nullptr;
    void *memory = given.memory;
    given.memory += alignUp(bytes);
    given.bytes -= alignUp(bytes);
    return memory;
  }
  void *memory = nullptr;
  if (numWorkspaces >= maxKeptBlocks)
    memory = allocateAligned(bytes);
  else if (workspaces[numWorkspaces].grow(bytes))
    memory = workspaces[numWorkspaces].memory;
  numWorkspaces += memory != nullptr;
  return memory;
}

void ThreadState::releaseWorkspace(void *memory) {
  if (!memory)
    return;
  if (Workspace &given = loopWorkspace; given.memory) {
    given.bytes += given.memory - static_cast<char *>(memory);
    given.memory = static_cast<char *>(memory);
  } else if (--numWorkspaces >= maxKeptBlocks) {
    free(memory);
  }
}

void fovea::runtime::reportScratchFailure(ThreadState &state, int64_t bytes) {
  char message[160];
  snprintf(message, sizeof(message),
           "fovea_parallel_for: cannot allocate %" PRId64
           " bytes of scratch memory for each thread",
           bytes);
  state.report(message);
}

//===----------------------------------------------------------------------===//
// The C ABI
//===----------------------------------------------------------------------===//

void *fovea_acquire_workspace(int64_t bytes, int64_t clearedBytes) {
  ThreadState &state = ThreadState::get();
  void *memory = bytes > 0 ? state.acquireWorkspace(bytes) : nullptr;
  if (memory) {
    memset(memory, 0, clearedBytes);
    return memory;
  }
  char message[160];
  snprintf(message, sizeof(message),
           "cannot allocate %" PRId64 " bytes of workspace", bytes);
  state.report(message);
  return nullptr;
}

void fovea_release_workspace(void *memory) {
  ThreadState::get().releaseWorkspace(memory);
}

int fovea_runtime_version(void) { return FOVEA_RUNTIME_VERSION; }

void fovea_report_error(const char *message) {
  ThreadState::get().report(message);
}

const char *fovea_last_error(void) {
  const ErrorState &error = ThreadState::get().error;
  return error.isSet() ? error.text() : nullptr;
}

void fovea_clear_error(void) { ThreadState::get().error.clear(); }
