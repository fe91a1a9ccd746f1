//===- CpuTarget.cpp - What a CPU offers ----------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Target/CpuTarget.h"

#include "TileRegisters.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <mutex>

using namespace llvm;
using fovea::CpuTarget;

static Error unknownTarget(StringRef text, StringRef why) {
  return createStringError("unknown target '" + text + "': " + why +
                           "; a target is cpu, cpu:amx, cpu:avx512, cpu:avx2, "
                           "cpu:plain, cpu:+FEATURE,-FEATURE,... or "
                           "cpu:aarch64");
}

/// Whether a feature is one that the runtime knows.
static bool isKnownFeature(StringRef name) {
  return StringSwitch<bool>(name)
#define FOVEA_CPU_FEATURE(BIT, NAME, ...) .Case(NAME, true)
#include "fovea-runtime/CpuFeatures.def"
#undef FOVEA_CPU_FEATURE
      .Default(false);
}

/// Why a feature, with its sign, can't be chosen; empty if it can.
static std::string refuseFeature(StringRef feature) {
  if (feature.size() < 2 || (feature[0] != '+' && feature[0] != '-'))
    return "'" + feature.str() + "' is no feature with + or - in front";
  StringRef name = feature.drop_front();
  if (name == "64bit" || name == "sse" || name == "sse2")
    return feature[0] == '-' ? "x86-64 code needs '" + name.str() + "'" : "";
  // LLVM's other features are modes and tunings, or give instructions that it
  // never chooses.
  return isKnownFeature(name)
             ? ""
             : "'" + name.str() + "' is no feature that kernels can use";
}

/// The lanes that a list of features allows.
static int64_t lanesOf(const StringMap<bool> &features) {
  auto has = [&](StringRef name) { return features.lookup(name); };
  if (has("avx512f") && has("avx512bw") && has("avx512vl") && has("avx512dq"))
    return 16;
  return has("avx2") && has("fma") ? 8 : 4;
}

CpuTarget::CpuTarget() : triple("x86_64-unknown-linux-gnu"), cpu("x86-64") {}

Expected<CpuTarget> CpuTarget::parse(StringRef text) {
  auto [kind, rest] = text.split(':');
  if (kind != "cpu")
    return unknownTarget(text, "it is no CPU");
  CpuTarget target;
  if (rest == "aarch64") {
    target.triple = "aarch64-unknown-linux-gnu";
    target.cpu = "generic";
    return target;
  }
  if (!text.contains(':')) {
    target.triple = sys::getDefaultTargetTriple();
    StringMap<bool> host = sys::getHostCPUFeatures();
    if (host.lookup("amx-tile") && !runtime::requestTileRegisters())
      for (auto &feature : host)
        if (feature.first().starts_with("amx-"))
          feature.second = false;
    SmallVector<std::string> list;
    for (const auto &feature : host)
      list.push_back((feature.second ? "+" : "-") + feature.first().str());
    llvm::sort(list);
    target.cpu = sys::getHostCPUName().str();
    target.features = join(list, ",");
    target.lanes = lanesOf(host);
    return target;
  }
  if (rest == "plain")
    return target;
  if (rest == "avx2")
    rest = "+avx2,+fma,+f16c,+bmi,+bmi2";
  else if (rest == "avx512")
    rest = "+avx512f,+avx512bw,+avx512vl,+avx512dq,+avx512cd,+avx2,+fma,+f16c,"
           "+bmi,+bmi2";
  else if (rest == "amx")
    rest = "+amx-tile,+amx-bf16,+avx512bf16,+avx512f,+avx512bw,+avx512vl,"
           "+avx512dq,+avx512cd,+avx2,+fma,+f16c,+bmi,+bmi2";
  StringMap<bool> features;
  SmallVector<StringRef> names;
  rest.split(names, ',');
  for (StringRef name : names) {
    if (std::string why = refuseFeature(name); !why.empty())
      return unknownTarget(text, why);
    features[name.drop_front()] = name[0] == '+';
  }
  target.features = rest.str();
  target.lanes = lanesOf(features);
  return target;
}

bool CpuTarget::has(StringRef feature) const {
  SmallVector<StringRef> list;
  StringRef(features).split(list, ',');
  // The last one counts.
  for (StringRef item : llvm::reverse(list))
    if (item.size() > 1 && item.drop_front() == feature)
      return item[0] == '+';
  return false;
}

bool CpuTarget::hasBf16() const { return has("avx512bf16"); }

bool CpuTarget::hasAmx() const { return has("amx-tile") && has("amx-bf16"); }

bool CpuTarget::isNative() const {
  return Triple(triple).getArch() ==
         Triple(sys::getDefaultTargetTriple()).getArch();
}

const Target &CpuTarget::backend() const {
  static std::once_flag once;
  std::call_once(once, [] {
    InitializeAllTargetInfos();
    InitializeAllTargets();
    InitializeAllTargetMCs();
    InitializeAllAsmPrinters();
  });
  std::string message;
  const Target *found = TargetRegistry::lookupTarget(Triple(triple), message);
  assert(found &&
         "LLVM has the code generators of all targets that are parsed");
  return *found;
}

uint64_t CpuTarget::abiFeatures() const {
  if (!Triple(triple).isX86())
    return 0;
  std::unique_ptr<MCSubtargetInfo> info(
      backend().createMCSubtargetInfo(Triple(triple), cpu, features));
  uint64_t bits = 0;
#define FOVEA_CPU_FEATURE(BIT, NAME, ...)                                      \
  bits |= uint64_t(info->checkFeatures("+" NAME)) << BIT;
#include "fovea-runtime/CpuFeatures.def"
#undef FOVEA_CPU_FEATURE
  return bits;
}

CpuTarget CpuTarget::baseline() const {
  CpuTarget plain;
  plain.triple = triple;
  if (!Triple(triple).isX86())
    plain.cpu = "generic";
  return plain;
}
