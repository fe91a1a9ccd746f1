//===- AttnInterfaces.td - Interfaces of the attn dialect --*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNINTERFACES
#define FOVEA_DIALECT_ATTN_IR_ATTNINTERFACES

include "mlir/IR/OpBase.td"

def Attn_ScoreOpInterface : OpInterface<"ScoreOpInterface"> {
  let cppNamespace = "::fovea::attn";
  let description = [{
    Ops that form scores `s'[b, h, i, j]` from queries and keys, with a score
    region and a mask region. Analyses of masks and walks, the decomposition and
    the verifier are written against this interface.

    The iteration space is `(b, h, i, j, d, e)`: batch, query head, query, key,
    channel of queries and keys, channel of values.
  }];
  let methods = [
    InterfaceMethod<"The queries.", "::mlir::Value", "getQuery">,
    InterfaceMethod<"The keys, one value for each segment.",
      "::mlir::OperandRange", "getKeys">,
    InterfaceMethod<"The operand that holds the queries.",
      "::mlir::OpOperand &", "getQueryMutable">,
    InterfaceMethod<"The operands that hold the keys.",
      "::mlir::MutableOperandRange", "getKeysMutable">,
    InterfaceMethod<"Numbers of keys, for each segment that has them.",
      "::mlir::OperandRange", "getLengths">,
    InterfaceMethod<"Page tables and row offsets, in segment order.",
      "::mlir::OperandRange", "getTables">,
    InterfaceMethod<"Coordinates of first keys, for each segment that has one.",
      "::mlir::OperandRange", "getStarts">,
    InterfaceMethod<"Factors of the queries, or null.",
      "::mlir::Value", "getQueryFactors">,
    InterfaceMethod<"Factors of the keys, one value for each segment or none.",
      "::mlir::OperandRange", "getKeyFactors">,
    InterfaceMethod<"The operand that holds the factors of the queries.",
      "::mlir::MutableOperandRange", "getQueryFactorsMutable">,
    InterfaceMethod<"The operands that hold the factors of the keys.",
      "::mlir::MutableOperandRange", "getKeyFactorsMutable">,
    InterfaceMethod<"Captured values of the score region.",
      "::mlir::OperandRange", "getScoreCaptures">,
    InterfaceMethod<"Captured values of the mask region.",
      "::mlir::OperandRange", "getMaskCaptures">,
    InterfaceMethod<"Coordinates (b, h, i, j) of the first element, or none.",
      "::mlir::OperandRange", "getOrigin">,
    InterfaceMethod<"Rows of the walk, or null.",
      "::mlir::Value", "getWalkRows">,
    InterfaceMethod<"Key tiles of the walk, or null.",
      "::mlir::Value", "getWalkTiles">,
    InterfaceMethod<"Masks of the walk's partial tiles, or null.",
      "::mlir::Value", "getWalkMasks">,
    InterfaceMethod<"Queries and keys of a tile of the walk, if there is one.",
      "::std::optional<::llvm::ArrayRef<int64_t>>", "getWalkShape">,
    InterfaceMethod<"The walk in closed form, or null.",
      "::fovea::attn::WalkAttr", "getWalkAttr">,
    InterfaceMethod<"The score region; empty: the identity.",
      "::mlir::Region &", "getScore">,
    InterfaceMethod<"The mask region; empty: every key is attended to.",
      "::mlir::Region &", "getMask">,
    InterfaceMethod<"The segments' attributes.", "::mlir::ArrayAttr",
      "getSegments">,
    InterfaceMethod<"Maps from (b, h, i, j, d, e) to the dimensions of query, "
      "key, value (attention only), output, log-sum-exp.",
      "::llvm::SmallVector<::mlir::AffineMap>", "getIndexingMapsArray">,
    InterfaceMethod<"The factor on q . k: the attribute, or 1 / sqrt(D).",
      "double", "getScaleValue">,
    InterfaceMethod<"Type of scores and sums.", "::mlir::FloatType",
      "getAccumulatorType">
  ];
  let extraSharedClassDeclaration = [{
    /// Whether it has a walk, listed or in closed form.
    bool hasWalk() { return $_op.getWalkRows() || $_op.getWalkAttr(); }
    /// The row offsets and the page table of a segment.
    ::mlir::OperandRange getTablesOf(unsigned segment) {
      unsigned first = 0;
      for (::mlir::Attribute before :
           $_op.getSegments().getValue().take_front(segment))
        first += ::mlir::cast<::fovea::attn::SegmentAttr>(before)
                     .getNumTables();
      auto own = ::mlir::cast<::fovea::attn::SegmentAttr>(
          $_op.getSegments()[segment]);
      return $_op.getTables().slice(first, own.getNumTables());
    }
  }];
}

#endif // FOVEA_DIALECT_ATTN_IR_ATTNINTERFACES
