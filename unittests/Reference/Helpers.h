//===- Helpers.h - Programs from text, and random arrays --------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_UNITTESTS_REFERENCE_HELPERS_H
#define FOVEA_UNITTESTS_REFERENCE_HELPERS_H

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Reference/Interpreter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <random>

namespace fovea::reference {

/// All dialects.
mlir::DialectRegistry getRegistry();

/// A context with all dialects that collects diagnostics, and one module.
class Program {
public:
  explicit Program(llvm::StringRef text) : context(getRegistry()) {
    context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) {
      diagnostics += diagnostic.str() + "\n";
      return mlir::success();
    });
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << diagnostics;
  }

  /// The function @f.
  mlir::func::FuncOp getFunction() {
    return module->lookupSymbol<mlir::func::FuncOp>("f");
  }

  /// Runs @f; a failure fails the test, and gives no results.
  llvm::SmallVector<Array> run(llvm::MutableArrayRef<Array> arguments) {
    if (!module)
      return {};
    auto results = interpret(getFunction(), arguments);
    EXPECT_TRUE(succeeded(results)) << diagnostics;
    return succeeded(results) ? *results : llvm::SmallVector<Array>();
  }

  /// Runs @f, which has to fail, and gives the diagnostics.
  std::string runExpectingFailure(llvm::MutableArrayRef<Array> arguments) {
    if (!module)
      return "";
    EXPECT_TRUE(failed(interpret(getFunction(), arguments)));
    return diagnostics;
  }

  mlir::Type f32() { return mlir::Float32Type::get(&context); }
  mlir::Type f16() { return mlir::Float16Type::get(&context); }
  mlir::Type bf16() { return mlir::BFloat16Type::get(&context); }
  mlir::Type f64() { return mlir::Float64Type::get(&context); }
  mlir::Type i32() { return mlir::IntegerType::get(&context, 32); }
  mlir::Type index() { return mlir::IndexType::get(&context); }

  /// Numbers from a normal distribution, as f32.
  Array random(llvm::ArrayRef<int64_t> shape) {
    Array array(shape, f32());
    std::normal_distribution<double> normal;
    for (double &value : array.floats)
      value = static_cast<float>(normal(engine));
    return array;
  }
  Array zeros(llvm::ArrayRef<int64_t> shape) { return Array(shape, f32()); }
  Array number(int64_t value) {
    Array array({}, index());
    array.ints[0] = value;
    return array;
  }
  Array integers(llvm::ArrayRef<int64_t> shape,
                 llvm::ArrayRef<int64_t> values) {
    Array array(shape, i32());
    array.ints.assign(values.begin(), values.end());
    return array;
  }

  mlir::MLIRContext &getContext() { return context; }
  mlir::ModuleOp getModule() { return *module; }
  std::string diagnostics;

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::mt19937 engine{7};
};

/// Expects arrays that agree up to the rounding of results to f32.
inline void expectClose(const Array &got, const Array &want,
                        double tolerance = 1e-6) {
  Difference difference = compare(got, want);
  EXPECT_FALSE(difference.shapeMismatch);
  EXPECT_LE(difference.relativeL2, tolerance)
      << "worst at element " << difference.worstIndex << ", "
      << difference.maxAbs << " apart";
}

/// Position of [a, b, c, d] in a row-major array.
inline int64_t at(llvm::ArrayRef<int64_t> shape,
                  llvm::ArrayRef<int64_t> index) {
  int64_t position = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis)
    position = position * shape[axis] + index[axis];
  return position;
}

} // namespace fovea::reference

#endif // FOVEA_UNITTESTS_REFERENCE_HELPERS_H
