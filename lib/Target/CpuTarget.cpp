//===- CpuTarget.cpp - What a CPU offers ----------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Target/CpuTarget.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;
using fovea::CpuTarget;

static Error unknownTarget(StringRef text, StringRef why) {
  return createStringError("unknown target '" + text + "': " + why +
                           "; a target is cpu, cpu:avx512, cpu:avx2, cpu:plain "
                           "or cpu:+FEATURE,-FEATURE,...");
}

/// Why a feature, with its sign, can't be chosen; empty if it can.
static std::string refuseFeature(StringRef feature) {
  if (feature.size() < 2 || (feature[0] != '+' && feature[0] != '-'))
    return "'" + feature.str() + "' is no feature with + or - in front";
  StringRef name = feature.drop_front();
  // LLVM's other features are modes and tunings, not what a CPU has.
  static const StringMap<bool> known = sys::getHostCPUFeatures();
  if (!known.count(name))
    return "no CPU has a feature '" + name.str() + "'";
  if (feature[0] == '-' && (name == "64bit" || name == "sse" || name == "sse2"))
    return "x86-64 code needs '" + name.str() + "'";
  return "";
}

/// The lanes that a list of features allows.
static int64_t lanesOf(const StringMap<bool> &features) {
  auto has = [&](StringRef name) { return features.lookup(name); };
  if (has("avx512f") && has("avx512bw") && has("avx512vl") && has("avx512dq"))
    return 16;
  return has("avx2") && has("fma") ? 8 : 4;
}

Expected<CpuTarget> CpuTarget::parse(StringRef text) {
  auto [kind, rest] = text.split(':');
  if (kind != "cpu")
    return unknownTarget(text, "it is no CPU");
  CpuTarget target;
  if (!text.contains(':')) {
    StringMap<bool> host = sys::getHostCPUFeatures();
    SmallVector<std::string> list;
    for (const auto &feature : host)
      list.push_back((feature.second ? "+" : "-") + feature.first().str());
    llvm::sort(list);
    target.cpu = sys::getHostCPUName().str();
    target.features = join(list, ",");
    target.lanes = lanesOf(host);
    return target;
  }
  target.cpu = "x86-64";
  if (rest == "plain")
    return target;
  if (rest == "avx2")
    rest = "+avx2,+fma,+f16c,+bmi,+bmi2";
  else if (rest == "avx512")
    rest = "+avx512f,+avx512bw,+avx512vl,+avx512dq,+avx512cd,+avx2,+fma,+f16c,"
           "+bmi,+bmi2";
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

bool CpuTarget::hasBf16() const {
  SmallVector<StringRef> list;
  StringRef(features).split(list, ',');
  return is_contained(list, "+avx512bf16");
}
