//===- Call.cpp - Calls of compiled functions -----------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"

#include "Arguments.h"
#include "CudaDevice.h"
#include "ThreadState.h"

#include <atomic>
#include <cinttypes>
#include <cstdio>

using namespace fovea::runtime;

//===----------------------------------------------------------------------===//
// The code for this CPU
//===----------------------------------------------------------------------===//

static const char *featureName(int bit) {
  switch (bit) {
#define FOVEA_CPU_FEATURE(BIT, NAME, LEAF, SUBLEAF, REGISTER, INDEX, STATE)    \
  case BIT:                                                                    \
    return NAME;
#include "fovea-runtime/CpuFeatures.def"
#undef FOVEA_CPU_FEATURE
  }
  return "a feature of later CPUs";
}

static void reportMissing(const fovea_entry_t &entry) {
  // The last one is the one that needs least.
  const fovea_code_t &code = entry.codes[entry.count - 1];
  uint64_t missing = code.features & ~fovea_cpu_features();
  char names[400] = "";
  size_t length = 0;
  for (int bit = 0; bit < 64 && length < sizeof(names) - 40; ++bit)
    if (missing >> bit & 1)
      length += snprintf(names + length, sizeof(names) - length, "%s%s",
                         length ? ", " : "", featureName(bit));
  char message[800];
  snprintf(message, sizeof(message),
           "%.200s: this CPU cannot run the code for %.100s: it lacks %s; "
           "compile also for --target=cpu:plain",
           entry.name, code.target, names);
  fovea_report_error(message);
}

const fovea_code_t *fovea::runtime::findCode(const fovea_entry_t &entry) {
  if (entry.abi < 2 || entry.abi > FOVEA_ABI_VERSION) {
    char message[200];
    snprintf(message, sizeof(message),
             "the function is of ABI version %" PRId64
             ", this libfovea_runtime "
             "knows those up to %d; update it",
             entry.abi, FOVEA_ABI_VERSION);
    fovea_report_error(message);
    return nullptr;
  }
  uint64_t features = fovea_cpu_features();
  for (int64_t n = 0; n < entry.count; ++n)
    if ((entry.codes[n].features & ~features) == 0)
      return &entry.codes[n];
  reportMissing(entry);
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Tracing
//===----------------------------------------------------------------------===//

static std::atomic<const fovea_tracer_t *> currentTracer{nullptr};

void fovea_set_tracer(const fovea_tracer_t *tracer) {
  currentTracer.store(tracer, std::memory_order_release);
}

TraceScope::TraceScope(fovea_trace_kind kind, const char *name, int64_t items)
    : tracer(currentTracer.load(std::memory_order_acquire)), kind(kind),
      name(name) {
  if (tracer && tracer->begin)
    tracer->begin(kind, name ? name : "", items, tracer->context);
}

TraceScope::~TraceScope() {
  if (tracer && tracer->end)
    tracer->end(kind, name ? name : "", fovea_last_error() != nullptr,
                tracer->context);
}

//===----------------------------------------------------------------------===//
// Workspace
//===----------------------------------------------------------------------===//

int fovea_set_workspace(void *memory, int64_t bytes) {
  ThreadState &state = ThreadState::get();
  if (reinterpret_cast<uintptr_t>(memory) % 64 || bytes < 0) {
    state.error.clear();
    state.report("fovea_set_workspace: the memory must be aligned to 64 bytes "
                 "and its size not be negative");
    return 1;
  }
  state.workspace = {static_cast<char *>(memory), memory ? bytes : 0};
  return 0;
}

int64_t fovea_workspace_bytes(const fovea_entry_t *entry,
                              const fovea_tensor_t *const *arguments,
                              int64_t count, int threads) {
  fovea_clear_error();
  const fovea_code_t *code = findCode(*entry);
  if (!code)
    return -1;
  auto *storage =
      static_cast<int64_t *>(__builtin_alloca(8 * entry->signature[2] + 8));
  if (!bindArguments(entry->name, entry->signature, entry->abi, arguments,
                     count, storage))
    return -1;
  int64_t bytes = code->temporary_bytes ? code->temporary_bytes(storage) : 0;
  if (threads <= 0)
    threads = fovea_get_num_threads();
  return alignUp(bytes) + alignUp(code->shared_bytes) +
         threads * alignUp(code->scratch_bytes);
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// Runs code with memory for its temporaries and its loops.
static void run(const fovea_entry_t &entry, const fovea_code_t &code,
                const int64_t *storage, void *stream, ThreadState &state) {
  int64_t bytes = code.temporary_bytes ? code.temporary_bytes(storage) : 0;
  CallScope scope(state, entry.name);
  constexpr int64_t cudaDevice = 2;
  if (entry.signature[0] == cudaDevice) {
    if (bytes == 0)
      return code.run(storage, nullptr, stream);
    CudaTemporaries temporaries(entry.name, stream, bytes);
    if (temporaries.get())
      code.run(storage, temporaries.get(), stream);
    return;
  }
  if (scope.allocate(bytes, code.shared_bytes, code.scratch_bytes)) {
    code.run(storage, scope.getTemporaries(), stream);
    return;
  }
  char message[512];
  if (state.workspace.memory)
    snprintf(message, sizeof(message),
             "%.200s: needs %" PRId64 " bytes of workspace, and %" PRId64
             " for each thread; fovea_set_workspace gave %" PRId64,
             entry.name, alignUp(bytes) + alignUp(code.shared_bytes),
             alignUp(code.scratch_bytes), state.workspace.bytes);
  else
    snprintf(message, sizeof(message),
             "%.200s: cannot allocate %" PRId64 " bytes of temporaries",
             entry.name, bytes);
  state.report(message);
}

int fovea_call(const fovea_entry_t *entry,
               const fovea_tensor_t *const *arguments, int64_t count,
               void *stream) {
  ThreadState &state = ThreadState::get();
  state.error.clear();
  const fovea_code_t *code = findCode(*entry);
  if (!code)
    return 1;
  TraceScope trace(FOVEA_TRACE_CALL, entry->name, count);
  auto *storage =
      static_cast<int64_t *>(__builtin_alloca(8 * entry->signature[2] + 8));
  if (bindArguments(entry->name, entry->signature, entry->abi, arguments, count,
                    storage))
    run(*entry, *code, storage, stream, state);
  return state.error.isSet();
}
