//===- Attn.td - Everything of the attn dialect ------------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "fovea/Dialect/Attn/IR/AttnOps.td"
include "fovea/Dialect/Attn/IR/AttnWalkOps.td"
