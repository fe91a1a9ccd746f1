//===- AttnEnums.td - Enumerations of the attn dialect ----*- tablegen -*-===//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNENUMS
#define FOVEA_DIALECT_ATTN_IR_ATTNENUMS

include "mlir/IR/EnumAttr.td"

/// How the keys and values of a segment lie in memory.
def Attn_SegmentKind : I32EnumAttr<"SegmentKind",
    "how the keys and values of a segment lie in memory", [
      I32EnumAttrCase<"dense", 0>,
      I32EnumAttrCase<"packed", 1>,
      I32EnumAttrCase<"paged", 2>
    ]> {
  let cppNamespace = "::fovea::attn";
  let genSpecializedAttr = 0;
}

/// How exactly exp, tanh and their relatives are evaluated.
def Attn_MathMode : I32EnumAttr<"MathMode",
    "accuracy of transcendental functions", [
      I32EnumAttrCase<"accurate", 0>,
      I32EnumAttrCase<"approximate", 1>
    ]> {
  let cppNamespace = "::fovea::attn";
  let genSpecializedAttr = 0;
}

/// What attn.score_reduce folds the probabilities with.
def Attn_ScoreReducer : I32EnumAttr<"ScoreReducer",
    "what the probabilities are folded with", [
      I32EnumAttrCase<"column_sum", 0>
    ]> {
  let cppNamespace = "::fovea::attn";
  let genSpecializedAttr = 0;
}

#endif // FOVEA_DIALECT_ATTN_IR_ATTNENUMS
