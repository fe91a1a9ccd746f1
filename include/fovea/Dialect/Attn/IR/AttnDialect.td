//===- AttnDialect.td - The attn dialect ------------------*- tablegen -*-===//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNDIALECT
#define FOVEA_DIALECT_ATTN_IR_ATTNDIALECT

include "mlir/IR/OpBase.td"

def Attn_Dialect : Dialect {
  let name = "attn";
  let summary = "Attention and its relatives, as mathematics";
  let description = [{
    The `attn` dialect says *what* is computed: softmax attention with a score
    and a mask given as regions, the merge of partial results, and reductions of
    the score matrix. Its ops work on tensors in destination-passing style and,
    after bufferization, on memrefs. How a thing is computed (tiles, loops,
    memory) is the business of the `tile` dialect and of what is below it.

    The meaning of every op is its decomposition into `linalg`, `arith` and
    `math` (`-attn-decompose`). `docs/Conventions.md` states the conventions
    that all lowerings share: fully masked rows, lengths, NaN, infinities,
    captured reads and the base of the log-sum-exp.
  }];
  let cppNamespace = "::fovea::attn";
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect",
    "::fovea::tile::TileDialect"
  ];
}

#endif // FOVEA_DIALECT_ATTN_IR_ATTNDIALECT
