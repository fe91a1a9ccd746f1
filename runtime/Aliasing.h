//===- Aliasing.h - Whether arrays share memory -----------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_RUNTIME_ALIASING_H
#define FOVEA_RUNTIME_ALIASING_H

#include <cstdint>

namespace fovea::runtime {

/// A strided array in memory. One without elements has `last < first`.
struct Span {
  uint64_t first, last; ///< Lowest and highest address of its bytes.
  int64_t bytes;        ///< Of an element.
  int64_t rank;
  const int64_t *sizes, *strides; ///< In elements.
};

/// Whether some byte belongs to both arrays. Exact, but for layouts so odd that
/// the search is given up: then true.
bool shareMemory(const Span &a, const Span &b);

/// Whether two elements of an array may share a byte: its strides, in order of
/// size, don't each step over all that the smaller ones reach.
bool overlapsItself(const Span &a);

} // namespace fovea::runtime

#endif // FOVEA_RUNTIME_ALIASING_H
