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

/// What a call does with an argument.
static std::string describeAccess(func::FuncOp function, int64_t argument) {
  auto contains = [&](StringRef name) {
    auto list = function->getAttrOfType<DenseI64ArrayAttr>(name);
    return list && llvm::is_contained(list.asArrayRef(), argument);
  };
  if (!isa<ShapedType>(function.getArgumentTypes()[argument]))
    return "";
  if (!contains("fovea.writes"))
    return ", read";
  if (!contains("fovea.results"))
    return ", written";
  ArrayRef<int64_t> results =
      function->getAttrOfType<DenseI64ArrayAttr>("fovea.results").asArrayRef();
  return ", written: result " +
         std::to_string(llvm::find(results, argument) - results.begin());
}

static void writeFunction(func::FuncOp function, llvm::raw_ostream &os) {
  StringRef name = function.getName();
  os << "\n/* Arguments:\n";
  for (auto [n, type] : llvm::enumerate(function.getArgumentTypes()))
    os << " *   " << n << ": "
       << describe(type, function.getArgAttrOfType<ArrayAttr>(n, "fovea.dims"))
       << describeAccess(function, n) << '\n';
  os << " */\nint " << name
     << "(const fovea_tensor_t *const *arguments, int64_t count, void "
        "*stream);\nextern const fovea_entry_t fovea_entry_"
     << name << ";\n";
}

void fovea::writeHeader(ModuleOp module, ArrayRef<std::string> targets,
                        llvm::raw_ostream &os) {
  os << "/* Functions compiled by Fovea for " << llvm::join(targets, ", ")
     << ". How they are called: see fovea_function_t.\n"
        " * An array is described as type[size]...; a size ? or a name is "
        "free. The last dimension is\n"
        " * contiguous, other strides are free. What is written shares memory "
        "with no other argument. */\n"
        "#include \"fovea-runtime/Runtime.h\"\n\n#ifdef __cplusplus\n"
        "extern \"C\" {\n#endif\n";
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      writeFunction(function, os);
  os << "\n#ifdef __cplusplus\n}\n#endif\n";
}
