//===- ElementKind.h - The element types of tensors in memory - -*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_SUPPORT_ELEMENTKIND_H
#define FOVEA_SUPPORT_ELEMENTKIND_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>

namespace fovea {

/// The type of an element. A Bool is one byte, 0 or 1.
enum class ElementKind { F16, BF16, F32, F64, I8, I16, I32, I64, U8, Bool };

/// All kinds, in order.
constexpr ElementKind allElementKinds[] = {
    ElementKind::F16, ElementKind::BF16, ElementKind::F32, ElementKind::F64,
    ElementKind::I8,  ElementKind::I16,  ElementKind::I32, ElementKind::I64,
    ElementKind::U8,  ElementKind::Bool};

/// Bytes an element takes: 1, 2, 4 or 8.
unsigned elementSize(ElementKind kind);

/// "f16", "bf16", "f32", "f64", "i8", "i16", "i32", "i64", "u8" or "bool".
llvm::StringRef elementName(ElementKind kind);

/// The kind of that name, or none.
std::optional<ElementKind> parseElementKind(llvm::StringRef name);

/// Element `index` of an array as a double: exact, except that an I64 beyond
/// 2^53 is rounded. `data` needs no alignment.
double loadElement(ElementKind kind, const void *data, int64_t index);

/// Stores the value of `kind` nearest to `value`, with ties to even, as element
/// `index` of an array. For integers, what is out of range becomes the nearest
/// end of the range and NaN becomes 0; a Bool is whether `value` isn't 0.
/// `data` needs no alignment.
void storeElement(ElementKind kind, void *data, int64_t index, double value);

} // namespace fovea

#endif // FOVEA_SUPPORT_ELEMENTKIND_H
