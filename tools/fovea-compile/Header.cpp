//===- Header.cpp - C headers of compiled functions -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Header.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

/// `type name[size][size]` as the comment shows it; a dynamic size by the name
/// that fovea.dims gives, or ?.
static std::string describe(Type type, ArrayAttr names) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped) {
    os << type << ", a scalar";
    return text;
  }
  os << shaped.getElementType();
  for (int64_t axis = 0; axis < shaped.getRank(); ++axis) {
    os << '[';
    auto name = names && axis < static_cast<int64_t>(names.size())
                    ? dyn_cast<StringAttr>(names[axis])
                    : nullptr;
    if (!shaped.isDynamicDim(axis))
      os << shaped.getDimSize(axis);
    else
      os << (name && !name.empty() ? name.getValue() : "?");
    os << ']';
  }
  return text;
}

void fovea::writeHeader(ModuleOp module, StringRef guard, StringRef target,
                        llvm::raw_ostream &os) {
  std::string macro;
  for (char c : guard)
    macro += llvm::isAlnum(c) ? llvm::toUpper(c) : '_';
  if (macro.empty() || llvm::isDigit(macro[0]))
    macro = "FOVEA_" + macro;
  os << "/* Functions compiled by Fovea for " << target
     << ". How they are called: see fovea_function_t. */\n#ifndef " << macro
     << "\n#define " << macro
     << "\n\n#include \"fovea-runtime/Runtime.h\"\n\n#ifdef __cplusplus\n"
        "extern \"C\" {\n#endif\n";
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic() || function.isExternal())
      continue;
    os << "\n/* Arguments:\n";
    for (auto [n, type] : llvm::enumerate(function.getArgumentTypes()))
      os << " *   " << n << ": "
         << describe(type,
                     function.getArgAttrOfType<ArrayAttr>(n, "fovea.dims"))
         << '\n';
    os << " */\nint " << function.getName()
       << "(const fovea_tensor_t *const *arguments, int64_t count, void "
          "*stream);\n";
  }
  os << "\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << macro << " */\n";
}
