//===- Scores.h - Scores of an attention, pair by pair ----------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_REFERENCE_SCORES_H
#define FOVEA_LIB_REFERENCE_SCORES_H

#include "Body.h"

#include "fovea/Dialect/Attn/IR/Attn.h"
#include <map>
#include <optional>

namespace fovea::reference {

using namespace attn;

/// A point of the iteration space, in an operand's own coordinates.
using Point = std::array<int64_t, 6>;

/// A key that exists in a sequence.
struct Key {
  unsigned segment;
  /// Coordinate j that regions see, without the origin.
  int64_t coordinate;
  /// Where it is stored: the b and j of the segment's keys and values.
  int64_t batch, slot;
  /// Its place in an output that has all segments' keys side by side.
  int64_t column;
};

/// The sequences, queries, keys and scores of an op that forms scores.
///
/// Packed sequences lie one after another, so that query i of sequence b is row
/// offsets[b] + i; its coordinates count from the start of the sequence. Key j
/// of a paged segment is in slot j mod page_size of page table[b, j div
/// page_size]. A segment without a start begins behind the last key that exists
/// in the one before.
class Scores {
public:
  /// Reads the operands and prepares the regions. `values` are the values of
  /// an attention.
  static mlir::FailureOr<Scores> create(const Machine &machine,
                                        attn::ScoreOpInterface op,
                                        mlir::ValueRange values);

  int64_t getNumSequences() const { return extents[dimB]; }
  int64_t getNumHeads() const { return extents[dimH]; }
  int64_t getNumQueries(int64_t b) const;
  /// Row at which query i of sequence b is stored.
  int64_t getQueryRow(int64_t b, int64_t i) const;
  int64_t getKeyHead(int64_t h) const { return h / group; }
  /// Channels of the values.
  int64_t getNumChannels() const { return extents[dimE]; }

  /// The keys that exist in sequence b, in the order of their segments.
  mlir::FailureOr<llvm::SmallVector<Key>> getKeys(int64_t b) const;
  /// The d's of a key, or the e's of its value.
  std::vector<double> readKey(const Key &key, int64_t h) const;
  std::vector<double> readValue(const Key &key, int64_t h) const;
  std::vector<double> readQuery(int64_t b, int64_t h, int64_t i) const;

  /// s' of a pair, given q and k; none if the mask is false.
  mlir::FailureOr<std::optional<double>> getScore(int64_t b, int64_t h,
                                                  int64_t i, const Key &key,
                                                  llvm::ArrayRef<double> q,
                                                  llvm::ArrayRef<double> k);

  /// Whether the walk says that the row is invalid.
  bool isInvalid(int64_t b, int64_t h, int64_t i) const {
    return walk && walk->invalid[walk->at(b, h, i / walk->queries)];
  }

  /// Checks an output or lse against the extents of queries and heads.
  /// `columns` is the extent of its j, if it has one.
  mlir::LogicalResult check(const View &view, mlir::AffineMap map,
                            llvm::StringRef name) const;
  /// Checks a vector with one element for each of something.
  mlir::LogicalResult checkVector(const View &view, int64_t size,
                                  llvm::StringRef name) const;

private:
  struct Segment {
    attn::SegmentAttr attribute;
    View keys, values, factors;
    std::optional<View> lengths;
    llvm::SmallVector<View> tables;
    std::optional<int64_t> start;
  };

  explicit Scores(attn::ScoreOpInterface op)
      : op(op), maps(op.getIndexingMapsArray()) {}
  void readSegments(const Machine &machine, mlir::ValueRange values);
  mlir::LogicalResult prepare(const Machine &machine);
  mlir::LogicalResult readWalk(const Machine &machine);
  mlir::LogicalResult checkOperands();
  mlir::LogicalResult checkSegment(const Segment &segment);
  /// What the factors add to the score of a pair.
  double getBias(int64_t b, int64_t h, int64_t i, const Key &key) const;
  /// Whether the queries are packed.
  bool isPacked() const;
  /// Most keys that sequence b can have in a segment.
  int64_t getCapacity(const Segment &segment, int64_t b) const;
  int64_t getLength(const Segment &segment, int64_t b) const;
  /// Columns of all keys of a segment.
  int64_t getNumColumns(const Segment &segment) const;
  mlir::FailureOr<Key> locate(unsigned segment, int64_t b, int64_t j) const;

  attn::ScoreOpInterface op;
  llvm::SmallVector<mlir::AffineMap> maps;
  std::vector<Segment> segments;
  View query, queryFactors;
  Point extents = {1, 1, 1, 1, 1, 1};
  int64_t group = 1;
  double scale = 1;
  Index origin = {0, 0, 0, 0};
  std::optional<Body> score, mask;
  /// Of a walk: what it does with tile n of row t of (b, h).
  enum class Visit : uint8_t { Skipped, Partial, Full };
  struct WalkTable {
    int64_t queries, keys; ///< Of a tile.
    int64_t b, h, rows, tiles;
    std::vector<Visit> visits;
    std::vector<int64_t> entries; ///< Where the list names the tile.
    std::vector<bool> invalid;    ///< Rows that say so.
    std::optional<View> masks;
    int64_t at(int64_t b, int64_t h, int64_t row, int64_t tile) const {
      return at(b, h, row) * tiles + tile;
    }
    int64_t at(int64_t b, int64_t h, int64_t row) const {
      return (std::min(b, this->b - 1) * this->h + std::min(h, this->h - 1)) *
                 rows +
             row;
    }
  };
  std::optional<WalkTable> walk;
  /// Whether the walk in closed form, if there is one, visits a pair.
  bool isVisited(int64_t i, int64_t j);
  /// Of tiles of queries, as they are met: ends of ranges.
  std::map<int64_t, llvm::SmallVector<int64_t, 4>> ranges;
};

/// Element of `table` as an integer.
int64_t readInteger(const View &table, llvm::ArrayRef<int64_t> index);

/// The elements of `view` along dimension `along`, the others being those of
/// `point`.
std::vector<double> readRow(const View &view, mlir::AffineMap map, Point point,
                            Dim along, int64_t size);

} // namespace fovea::reference

#endif // FOVEA_LIB_REFERENCE_SCORES_H
