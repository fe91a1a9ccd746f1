//===- IndexOps.cpp - index ops as arith ops ------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IndexOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/Index/IR/IndexOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fovea;

void fovea::replaceIndexOps(tile::KernelOp kernel) {
  SmallVector<Operation *> ops;
  kernel.walk([&](Operation *op) {
    if (isa<index::IndexDialect>(op->getDialect()))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    OpBuilder b(op);
    Location loc = op->getLoc();
    auto binary = [&](auto tag) -> Value {
      using To = decltype(tag);
      return To::create(b, loc, op->getOperand(0), op->getOperand(1));
    };
    Value result =
        llvm::TypeSwitch<Operation *, Value>(op)
            .Case([&](index::AddOp) { return binary(arith::AddIOp()); })
            .Case([&](index::SubOp) { return binary(arith::SubIOp()); })
            .Case([&](index::MulOp) { return binary(arith::MulIOp()); })
            .Case([&](index::DivSOp) { return binary(arith::DivSIOp()); })
            .Case([&](index::DivUOp) { return binary(arith::DivUIOp()); })
            .Case(
                [&](index::CeilDivSOp) { return binary(arith::CeilDivSIOp()); })
            .Case(
                [&](index::CeilDivUOp) { return binary(arith::CeilDivUIOp()); })
            .Case([&](index::FloorDivSOp) {
              return binary(arith::FloorDivSIOp());
            })
            .Case([&](index::RemSOp) { return binary(arith::RemSIOp()); })
            .Case([&](index::RemUOp) { return binary(arith::RemUIOp()); })
            .Case([&](index::MaxSOp) { return binary(arith::MaxSIOp()); })
            .Case([&](index::MaxUOp) { return binary(arith::MaxUIOp()); })
            .Case([&](index::MinSOp) { return binary(arith::MinSIOp()); })
            .Case([&](index::MinUOp) { return binary(arith::MinUIOp()); })
            .Case([&](index::ShlOp) { return binary(arith::ShLIOp()); })
            .Case([&](index::ShrSOp) { return binary(arith::ShRSIOp()); })
            .Case([&](index::ShrUOp) { return binary(arith::ShRUIOp()); })
            .Case([&](index::AndOp) { return binary(arith::AndIOp()); })
            .Case([&](index::OrOp) { return binary(arith::OrIOp()); })
            .Case([&](index::XOrOp) { return binary(arith::XOrIOp()); })
            .Case([&](index::CmpOp cmp) -> Value {
              // Both dialects have the same predicates under the same names.
              auto predicate = *arith::symbolizeCmpIPredicate(
                  index::stringifyIndexCmpPredicate(cmp.getPred()));
              return arith::CmpIOp::create(b, loc, predicate, cmp.getLhs(),
                                           cmp.getRhs());
            })
            .Case([&](index::CastSOp cast) -> Value {
              return arith::IndexCastOp::create(b, loc, cast.getType(),
                                                cast.getInput());
            })
            .Case([&](index::CastUOp cast) -> Value {
              return arith::IndexCastUIOp::create(b, loc, cast.getType(),
                                                  cast.getInput());
            })
            .Case([&](index::ConstantOp constant) -> Value {
              return arith::ConstantOp::create(b, loc, constant.getValueAttr());
            })
            .Case([&](index::BoolConstantOp constant) -> Value {
              return arith::ConstantOp::create(b, loc, constant.getValueAttr());
            })
            .Case([&](index::SizeOfOp) -> Value {
              return arith::ConstantIndexOp::create(b, loc, 64);
            })
            .Default([](Operation *) { return Value(); });
    if (!result)
      continue;
    op->replaceAllUsesWith(ValueRange(result));
    op->erase();
  }
}
