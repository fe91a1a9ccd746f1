//===- MapEmitter.h - Maps on a thread's elements ---------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_PIPETONVVM_MAPEMITTER_H
#define FOVEA_LIB_CONVERSION_PIPETONVVM_MAPEMITTER_H

#include "KernelEmitter.h"

namespace fovea {

/// Whether an op of the math dialect in a map becomes instructions as it is.
bool hasInstructions(mlir::Operation *op);

/// Evaluates the body of a map on all elements of a thread at once. A value
/// that depends on the row (or column) only is computed once a row (column):
/// its vector has the elements of the row (column) slice, and is spread where
/// it meets a value of all elements.
///
/// Coordinates and extents are below 2^31 - 2^20 and computed in 32 bits. What
/// captured tensors and scalars hold may be any number: an index that comes
/// from them has 64 bits, and so has what is computed from it.
///
/// Conditions of elements are no vectors: each is computed where it is used, so
/// that few are alive at a time. Joined comparisons are made on words of bits
/// (Conditions.cpp).
class MapEmitter {
public:
  MapEmitter(KernelEmitter &emitter, tile::MapOp map)
      : emitter(emitter), map(map), builder(emitter.builder),
        loc(map.getLoc()) {}

  mlir::FailureOr<mlir::Value> emit();

  /// Of a tile of one axis, `count` registers of each thread from `first` on.
  mlir::FailureOr<mlir::Value> emitPart(mlir::Value first, int64_t count) {
    firstRegister = first;
    numRegisters = count;
    return emit();
  }

private:
  using Values = llvm::SmallVector<mlir::Value, 4>;

  /// The axes that a value depends on, as bits; all bits: every element.
  enum Level : unsigned { Uniform = 0, Row = 1, Column = 2, Full = 3 };
  struct Element {
    unsigned level = Uniform;
    mlir::Value value;
  };

  /// An integer that is one scalar of the thread plus a constant for each of
  /// its elements: coordinates, and their sums and differences.
  struct Sum {
    unsigned level = Uniform;
    mlir::Value base;
    llvm::SmallVector<int64_t> parts;
    /// Bounds of all elements; INT64_MIN and INT64_MAX: unknown.
    int64_t low = INT64_MIN, high = INT64_MAX;

    bool fits32() const { return low >= INT32_MIN && high <= INT32_MAX; }
  };

  /// f32 elements that are `base` plus a constant of each times `slope` (1 if
  /// null), made where they are used as they are.
  struct Line {
    unsigned level = Uniform;
    mlir::Value base, slope;
    llvm::SmallVector<int64_t> parts;
  };

  /// The op that makes the conditions of a level's elements. A comparison of
  /// two sums has the difference of their bases instead of operands.
  struct Condition {
    unsigned level = Uniform;
    mlir::Operation *op = nullptr;
    llvm::SmallVector<mlir::Value> operands;
    mlir::Value difference;
    llvm::SmallVector<int64_t> parts;
    /// How many comparisons of sums it depends on, and all elements' bits if it
    /// depends on nothing else that varies; see placeBits.
    unsigned comparisons = 0;
    Values words;
  };

  mlir::LogicalResult setUp();
  mlir::LogicalResult emitOp(mlir::Operation *op);
  mlir::LogicalResult emitMath(mlir::Operation *op);
  mlir::Value emitPackedTruncation(Element element, mlir::Type to);
  bool emitScaledDifference(mlir::Operation *op);
  std::optional<Sum> getSum(mlir::Value value);
  llvm::SmallVector<int64_t> partsOf(const Sum &sum, unsigned level) const;
  void noteSum(mlir::Operation *op);
  bool noteLine(mlir::Operation *op);
  Element emitLine(const Line &line);
  llvm::SmallVector<int64_t> spreadIndices(unsigned from, unsigned to) const;
  void emitCoordinates();
  Element get(mlir::Value value);
  mlir::Value spread(Element element, unsigned level);
  mlir::Type typeAt(mlir::Type scalar, unsigned level) const;
  void create(mlir::Operation *op, llvm::StringRef name,
              llvm::ArrayRef<Element> operands, unsigned level);
  llvm::SmallVector<mlir::Value>
  prepareOperands(mlir::Operation *op, llvm::ArrayRef<Element> operands,
                  unsigned level);
  mlir::Value emitElement(mlir::Operation *op, unsigned level,
                          mlir::ValueRange operands, int64_t reg);
  mlir::Value splat(double value, mlir::Type type);
  mlir::Value emitAccurateExp(mlir::Value x);
  mlir::Value emitAccurateTanh(mlir::Value x);

  // Conditions.cpp: conditions of elements.
  void noteCondition(mlir::Operation *op, llvm::ArrayRef<Element> operands,
                     unsigned level);
  mlir::Value emitCondition(mlir::Value value, unsigned level, int64_t reg);
  void placeBits();
  mlir::Value emitWord(const Condition &condition,
                       llvm::ArrayRef<int64_t> parts, bool inclusive);
  mlir::Value negate(mlir::Value word);
  void compareToWords(Condition &condition);
  void joinWords(Condition &condition);
  mlir::Value emitBit(const Condition &condition, int64_t reg);

  // Reads.cpp: elements of captured tensors.
  mlir::LogicalResult emitGather(tile::GatherOp op);
  /// The different constants of a sum's elements, and each element's number
  /// among them.
  static llvm::SmallVector<int64_t>
  findDistinct(llvm::ArrayRef<int64_t> parts,
               llvm::SmallVectorImpl<int64_t> &numbers);

  // Strips.cpp: elements of tiles of one axis.
  mlir::LogicalResult emitExtract(tile::ExtractOp op);

  KernelEmitter &emitter;
  tile::MapOp map;
  mlir::OpBuilder &builder;
  mlir::Location loc;
  /// What emitPart asks for.
  mlir::Value firstRegister;
  int64_t numRegisters = 0;
  /// The fragment of each level; those that the result does not have are unset.
  Fragment fragments[4];
  llvm::DenseMap<mlir::Value, Element> elements;
  llvm::DenseMap<mlir::Value, Sum> sums;
  llvm::DenseMap<mlir::Value, Line> lines;
  llvm::DenseMap<mlir::Value, Condition> conditions;
  /// The registers of each word of conditions, and each register's word and
  /// bit.
  llvm::SmallVector<llvm::SmallVector<int64_t>> wordRegisters;
  llvm::SmallVector<std::pair<unsigned, unsigned>> bitPlaces;
  /// Conditions of elements that have been computed.
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, mlir::Value> computed;
};

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_PIPETONVVM_MAPEMITTER_H
