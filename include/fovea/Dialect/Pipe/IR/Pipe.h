//===- Pipe.h - The pipe dialect --------------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_PIPE_IR_PIPE_H
#define FOVEA_DIALECT_PIPE_IR_PIPE_H

#include "fovea/Dialect/Tile/IR/Tile.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "fovea/Dialect/Pipe/IR/PipeDialect.h.inc"
#include "fovea/Dialect/Pipe/IR/PipeEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "fovea/Dialect/Pipe/IR/PipeAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "fovea/Dialect/Pipe/IR/PipeTypes.h.inc"

namespace fovea::pipe {

/// Copies, products and barriers in flight.
struct PipeResource : public mlir::SideEffects::Resource::Base<PipeResource> {
  mlir::StringRef getName() final { return "Pipe"; }
};

/// What a Hopper multiprocessor has.
namespace limits {
constexpr int64_t registers = 65536;
constexpr int64_t threadRegisters = 256;
constexpr int64_t sharedBytes = 227 * 1024;
/// What is left of it for tiles beside the barriers of a few rings.
constexpr int64_t tileBytes = sharedBytes - 1024;
/// Columns of one product, and rows of one copy.
constexpr int64_t columns = 256;
constexpr int64_t namedBarriers = 16;
constexpr int64_t groupThreads = 128, warpThreads = 32;
/// Rows of one product of one warpgroup.
constexpr int64_t groupRows = 64;
/// Bytes of a tile's row in one block of shared memory, the least it takes.
constexpr int64_t rowBytes = 128;
/// Registers of a block: as many for each thread as its launch can give, a
/// multiple of 8. Roles share them: one that asks for more waits for ever.
constexpr int64_t blockRegisters(int64_t threads) {
  int64_t each = registers / threads / 8 * 8;
  return threads * (each < threadRegisters ? each : threadRegisters);
}
} // namespace limits

/// Shared memory of a tile in bytes, a multiple of 1024: whole blocks of
/// columns, or the elements of one axis. The tile's layout is #pipe.smem.
int64_t getSharedBytes(tile::TileType type);

/// The extent (parameter, dimension) that ends a view of a parameter besides
/// the memref's own, none if its limit says nothing more; fails if a tensor map
/// cannot end the view there: the limit is neither an extent nor a constant
/// that says nothing, or it counts rows behind an offset or in pages.
llvm::FailureOr<std::optional<std::pair<unsigned, int64_t>>>
getMappedLimit(tile::ViewOp view);

/// Shared memory of all rings and buffers in the block, with their barriers.
int64_t getSharedBytes(mlir::Block &block);

} // namespace fovea::pipe

#define GET_OP_CLASSES
#include "fovea/Dialect/Pipe/IR/PipeOps.h.inc"

#endif // FOVEA_DIALECT_PIPE_IR_PIPE_H
