//===- TileMap.h - Classes of the tiles of an attention op ------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which tiles of an op's mask are empty, full and partial, with tokens as they
// are numbered and in an order: for each head group alike, as far as it is
// known when the op is compiled. A tile is empty or full only if it surely is.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_TILEMAP_H
#define FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_TILEMAP_H

#include "RegionMask.h"

#include "fovea/Analysis/TileTable.h"
#include "fovea/Dialect/Attn/IR/AttnOrder.h"

#include <memory>

namespace fovea::attn {

/// Static extents of an op's iteration space; negative where they are dynamic.
struct OpExtents {
  /// `sizeOf` may give the sizes of dynamic dimensions.
  explicit OpExtents(
      ScoreOpInterface op,
      llvm::function_ref<int64_t(mlir::Value, unsigned axis)> sizeOf = nullptr);
  int64_t batch, heads, queries, keys;
};

/// Rows or keys of a tile.
struct TileExtents {
  int64_t queries, keys;
};

/// The key tiles that each query tile visits: numbers, and classes that are not
/// empty.
using TileLists = std::vector<llvm::SmallVector<std::pair<int64_t, TileClass>>>;

/// The tiles of an op's schedule, or those that -attn-select-schedule makes for
/// many queries.
TileExtents getTiles(AttentionOp op, bool isCuda);

/// Gives an op a constant walk of these tiles: for all heads alike, or for
/// each. In its rows those with the most tiles come first.
void setWalk(mlir::OpBuilder &b, AttentionOp op,
             llvm::ArrayRef<TileLists> ofHeads, TileExtents tiles);

/// Larger tables of tiles are not made.
constexpr int64_t maxTable = int64_t(1) << 20;

/// The mask of an op with tokens as they are numbered: of one head, or what
/// holds for all.
class NaturalMask {
public:
  /// `valueOf` may give captured integers.
  NaturalMask(ScoreOpInterface op, OpExtents extents,
              std::optional<int64_t> head = std::nullopt,
              llvm::function_ref<std::optional<int64_t>(mlir::Value)> valueOf =
                  nullptr);
  ~NaturalMask();

  /// False if a captured integer of 64 bits may wrap.
  bool isKnown() const { return known; }
  /// Gives all tiles, as fovea::visitTiles does.
  bool visit(TileExtents tiles, size_t maxBoxes, TileVisitor visitor) const;

private:
  OpExtents extents;
  std::unique_ptr<RegionMask> source; ///< Null without a mask.
  std::unique_ptr<MaskTranslation> translation;
  std::vector<IntegerRange> symbols;
  bool known = true, exact = true;
};

/// The tiles of a mask with tokens as they are numbered; none if a size is
/// dynamic, there are too many, or a captured integer of 64 bits may wrap. Of
/// one head, or for all heads alike.
std::optional<TileTable>
classifyNatural(ScoreOpInterface op, TileExtents tiles,
                std::optional<int64_t> head = std::nullopt);

/// A mask by the coordinates of its tokens on a grid.
class GridMask {
public:
  /// The mask region of an op with static queries and keys.
  GridMask(ScoreOpInterface op, llvm::ArrayRef<int64_t> grid);
  ~GridMask();

  /// Whether anything may be known of a tile.
  bool isKnown() const { return known; }

  /// The tiles in an order of queries and keys that are not empty. A key tile
  /// with an empty place is not full. Of boxes of keys that overlap, each of
  /// which is a tile, some that share no key and hold all keys that the queries
  /// see.
  TileLists listTiles(const TokenOrder &queries, const TokenOrder &keys,
                      TileExtents tiles) const;
  /// The number of tiles that are not empty, of every `step`-th query tile, or
  /// a number from `most` on if there are as many.
  int64_t countVisited(const TokenOrder &queries, const TokenOrder &keys,
                       TileExtents tiles, int64_t step, int64_t most) const;
  /// The extents of the smallest boxes of the grid that hold all keys which
  /// every `step`-th query tile sees; without those of tiles that see none.
  std::vector<llvm::SmallVector<int64_t, 3>>
  getWindows(const TokenOrder &queries, int64_t tile, int64_t step) const;

private:
  /// The coordinates of the tokens of a tile.
  struct Side {
    llvm::SmallVector<IntegerRange, 3> ranges;
    bool hasTokens = false, hasGaps = false;
  };
  static std::vector<Side> getSides(const TokenOrder &order, int64_t tile);
  TileClass classify(const Side &queries, const Side &keys) const;
  Side getAllKeys() const;
  /// The first coordinate, or the last one, along a dimension of a key in
  /// `keys` that the queries may see.
  std::optional<int64_t> findKey(const Side &queries, Side keys, unsigned dim,
                                 bool last) const;
  /// Boxes for what is in `box`, whose dimensions before `dim` are those of a
  /// box already, one of number `number` along them.
  void cover(const Side &queries, const TokenOrder &keys, Side box,
             unsigned dim, int64_t number,
             llvm::SmallVectorImpl<std::pair<int64_t, TileClass>> &list) const;

  unsigned rank;
  mlir::Region region; ///< (b, h, coordinates of i, coordinates of j, captures)
  std::unique_ptr<RegionMask> source;
  std::unique_ptr<MaskTranslation> translation;
  /// For each term, the coordinate that it is, of i and then of j; or -1.
  std::vector<int> coordinates;
  std::vector<IntegerRange> ranges; ///< Of the other terms.
  llvm::SmallVector<int64_t, 6> extents;
  bool known = false;
};

/// The grids that the divisions and remainders of an op's regions speak of, for
/// `tokens` tokens; the innermost extents are those of the most divisions.
llvm::SmallVector<int64_t, 3> findGrid(ScoreOpInterface op, int64_t tokens);

} // namespace fovea::attn

#endif // FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_TILEMAP_H
