//===- BufferizableOpInterfaceImpl.cpp - From tensors to memrefs ----------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/IR/AttnInterfaceImpls.h"
#include "fovea/Dialect/Attn/IR/AttnRegions.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace fovea::attn;

/// Clones `from` into the empty region `to` of the op on memrefs; captured
/// tensors become memrefs, and reads of them loads.
static void bufferizeRegion(RewriterBase &rewriter, Region &from, Region &to,
                            ValueRange captures) {
  if (from.empty())
    return;
  OpBuilder::InsertionGuard guard(rewriter);
  SmallVector<Type> types(from.getArgumentTypes());
  for (auto [n, capture] : llvm::enumerate(captures))
    types[types.size() - captures.size() + n] = capture.getType();
  SmallVector<Location> locs = llvm::map_to_vector(
      from.getArguments(), [](BlockArgument a) { return a.getLoc(); });
  Block *block = rewriter.createBlock(&to, to.end(), types, locs);
  Value result = inlineRegion(
      rewriter, from, block->getArguments(),
      [](OpBuilder &b, Location loc, Value table, ValueRange at) -> Value {
        return memref::LoadOp::create(b, loc, table, at);
      },
      /*guardsDivisions=*/false);
  YieldOp::create(rewriter, from.getLoc(), result);
}

namespace {

/// Inputs are read, outputs are written and not read.
template <typename OpTy>
struct DestinationBufferization
    : DstBufferizableOpInterfaceExternalModel<DestinationBufferization<OpTy>,
                                              OpTy> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }
  bool bufferizesToMemoryWrite(Operation *op, OpOperand &operand,
                               const AnalysisState &) const {
    return cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(op);
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      if (!isa<TensorType>(operand.getType())) {
        operands.push_back(operand);
        continue;
      }
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      operands.push_back(*buffer);
    }
    OperationState newState(op->getLoc(), op->getName());
    newState.addOperands(operands);
    newState.addAttributes(op->getAttrDictionary().getValue());
    for (unsigned n = 0; n < op->getNumRegions(); ++n)
      newState.addRegion();
    Operation *buffered = rewriter.create(newState);
    if (auto from = dyn_cast<ScoreOpInterface>(op)) {
      auto to = cast<ScoreOpInterface>(buffered);
      bufferizeRegion(rewriter, from.getScore(), to.getScore(),
                      to.getScoreCaptures());
      bufferizeRegion(rewriter, from.getMask(), to.getMask(),
                      to.getMaskCaptures());
    }
    if (auto from = dyn_cast<WalkFromMaskOp>(op)) {
      auto to = cast<WalkFromMaskOp>(buffered);
      bufferizeRegion(rewriter, from.getMask(), to.getMask(),
                      to.getMaskCaptures());
    }
    SmallVector<Value> results;
    auto destination = cast<DestinationStyleOpInterface>(op);
    for (OpResult result : op->getResults())
      results.push_back(
          operands[destination.getTiedOpOperand(result)->getOperandNumber()]);
    replaceOpWithBufferizedValues(rewriter, op, results);
    return success();
  }
};

} // namespace

void fovea::attn::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttnDialect *) {
    context->getOrLoadDialect<memref::MemRefDialect>();
    AttentionOp::attachInterface<DestinationBufferization<AttentionOp>>(
        *context);
    ScoreReduceOp::attachInterface<DestinationBufferization<ScoreReduceOp>>(
        *context);
    MergeOp::attachInterface<DestinationBufferization<MergeOp>>(*context);
    ReorderOp::attachInterface<DestinationBufferization<ReorderOp>>(*context);
    WalkFromMaskOp::attachInterface<DestinationBufferization<WalkFromMaskOp>>(
        *context);
    WalkFromBlocksOp::attachInterface<
        DestinationBufferization<WalkFromBlocksOp>>(*context);
    WalkTopKOp::attachInterface<DestinationBufferization<WalkTopKOp>>(*context);
    WalkThresholdOp::attachInterface<DestinationBufferization<WalkThresholdOp>>(
        *context);
  });
}
