//===- Explain.cpp - What the compiler makes of masks ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileMap.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"
#include "fovea/Dialect/Pipe/IR/Pipe.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Target/CudaTarget.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/ToolOutputFile.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNEXPLAIN
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

namespace {

/// The map of the tiles of one group of heads.
struct TileMap {
  std::string title;
  TileExtents size;
  TileTable table;

  int64_t getRows() const {
    return table.classes.size() / std::max<int64_t>(table.numKeyTiles, 1);
  }
  /// Pairs of a query and a key in tiles with work.
  double getVisited() const {
    double tiles = table.classes.size() - table.count(TileClass::empty);
    return tiles * size.queries * size.keys;
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

/// The tiles that a constant walk lists for a head of the first sequence; none
/// if they are not known, or it lists what is not there.
static std::optional<TileTable> readWalk(AttentionOp op, int64_t head) {
  DenseIntElementsAttr rows, tiles;
  if (!matchPattern(op.getWalkRows(), m_Constant(&rows)) ||
      !matchPattern(op.getWalkTiles(), m_Constant(&tiles)))
    return std::nullopt;
  ArrayRef<int64_t> shape = cast<ShapedType>(rows.getType()).getShape();
  int64_t numRows = shape[2], first = shape[1] == 1 ? 0 : head * numRows;
  TileTable table;
  table.numKeyTiles =
      llvm::divideCeil(OpExtents(op).keys, (*op.getWalkShape())[1]);
  table.classes.assign(numRows * table.numKeyTiles, TileClass::empty);
  auto fields = rows.getValues<int32_t>();
  auto list = tiles.getValues<int32_t>();
  auto isBelow = [](int64_t x, int64_t limit) { return x >= 0 && x < limit; };
  for (int64_t row = 0; row < numRows; ++row) {
    auto field = [&](unsigned n) -> int64_t {
      return fields[4 * (first + row) + n];
    };
    for (int64_t n = 0; n < field(2); ++n) {
      if (!isBelow(field(0), numRows) || !isBelow(field(1) + n, tiles.size()) ||
          !isBelow(list[field(1) + n], table.numKeyTiles))
        return std::nullopt;
      table.classes[field(0) * table.numKeyTiles + list[field(1) + n]] =
          n < field(3) ? TileClass::partial : TileClass::full;
    }
  }
  return table;
}

namespace {

/// Heads whose tiles are alike.
struct HeadGroup {
  std::string name;
  int64_t heads;
  TileTable table;
};

} // namespace

/// "heads 0-3, 7"
static std::string nameHeads(ArrayRef<int64_t> heads) {
  std::string text = heads.size() == 1 ? "head " : "heads ";
  llvm::raw_string_ostream os(text);
  for (size_t n = 0; n < heads.size();) {
    size_t end = n;
    while (end + 1 < heads.size() && heads[end + 1] == heads[end] + 1)
      ++end;
    os << (n == 0 ? "" : ", ") << heads[n];
    if (end != n)
      os << "-" << heads[end];
    n = end + 1;
  }
  return text;
}

/// The tiles of an op's walk or else of its mask, of tiles of this size;
/// nothing if they are not known. Of more heads than `maxHeads` nothing is
/// known but what holds for all.
static std::vector<HeadGroup> groupHeads(AttentionOp op, TileExtents tiles) {
  constexpr int64_t maxHeads = 64;
  int64_t heads = OpExtents(op).heads;
  Value rows = op.getWalkRows();
  bool isSame =
      rows ? cast<ShapedType>(rows.getType()).getDimSize(1) == 1
           : op.getMask().empty() || op.getMask().getArgument(1).use_empty();
  if (heads <= 0 || heads > maxHeads)
    isSame = true;
  std::vector<HeadGroup> groups;
  SmallVector<SmallVector<int64_t>> members;
  for (int64_t head = 0; head < (isSame ? 1 : heads); ++head) {
    std::optional<TileTable> table =
        rows ? readWalk(op, head)
             : classifyNatural(op, tiles,
                               isSame ? std::nullopt : std::optional(head));
    if (!table)
      return {};
    auto same = llvm::find_if(groups, [&](const HeadGroup &group) {
      return group.table.classes == table->classes;
    });
    if (same == groups.end()) {
      groups.push_back({"all heads", 0, std::move(*table)});
      same = std::prev(groups.end());
      members.emplace_back();
    }
    ++same->heads;
    members[same - groups.begin()].push_back(head);
  }
  if (!isSame)
    for (auto [group, heads] : llvm::zip_equal(groups, members))
      group.name = nameHeads(heads);
  return groups;
}

//===----------------------------------------------------------------------===//
// Pictures
//===----------------------------------------------------------------------===//

namespace {

/// Draws maps of tiles, one beside the other, a line for each op.
class Picture {
public:
  Picture() : svg(body) {}

  /// Starts a line of maps.
  void startLine(StringRef text) {
    top += lineHeight;
    left = margin;
    lineHeight = 0;
    writeText(margin, top + 18, 15, escape(text), "bold");
    top += 30;
  }
  void add(const TileMap &map);
  void write(llvm::raw_ostream &os);

private:
  static constexpr int margin = 64, side = 448, maxCells = 128;
  static std::string escape(StringRef text) {
    std::string result;
    for (char c : text)
      if (c == '<')
        result += "&lt;";
      else if (c == '>')
        result += "&gt;";
      else if (c == '&')
        result += "&amp;";
      else
        result += c;
    return result;
  }
  void writeText(double x, double y, int size, StringRef text,
                 StringRef weight = "normal", StringRef anchor = "start") {
    svg << "<text x=\"" << llvm::format("%.1f", x) << "\" y=\""
        << llvm::format("%.1f", y) << "\" font-size=\"" << size
        << "\" font-weight=\"" << weight << "\" text-anchor=\"" << anchor
        << "\">" << text << "</text>\n";
  }

  std::string body;
  llvm::raw_string_ostream svg;
  double top = 40, left = margin, lineHeight = 0, width = 560;
};

} // namespace

/// From white to a class's colour.
static std::string mix(double full, double partial) {
  auto channel = [&](int strong, int weak) {
    double rest = 1 - full - partial;
    return int(full * strong + partial * weak + rest * 244 + 0.5);
  };
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(
      "#%02x%02x%02x", channel(31, 240), channel(84, 150), channel(150, 40));
  return text;
}

void Picture::add(const TileMap &map) {
  int64_t rows = map.getRows(), columns = map.table.numKeyTiles;
  // Tiles of a cell along an axis.
  int64_t step = llvm::divideCeil(std::max(rows, columns), maxCells);
  double cell = double(side) * step / std::max(rows, columns);
  double x0 = left + 24, y0 = top + 26;
  double width = cell * llvm::divideCeil(columns, step);
  double height = cell * llvm::divideCeil(rows, step);
  writeText(x0, top + 14, 12, escape(map.title));
  svg << "<g shape-rendering=\"crispEdges\">\n<rect x=\"" << x0 << "\" y=\""
      << y0 << "\" width=\"" << width << "\" height=\"" << height
      << "\" fill=\"#f4f4f4\" stroke=\"#888\"/>\n";
  for (int64_t row = 0; row * step < rows; ++row) {
    std::string last;
    double start = 0;
    auto flush = [&](double end) {
      if (!last.empty() && last != "#f4f4f4")
        svg << llvm::format("<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
                            "height=\"%.2f\" fill=\"%s\"/>\n",
                            x0 + start * cell, y0 + row * cell,
                            (end - start) * cell, cell, last.c_str());
    };
    int64_t column = 0;
    for (; column * step < columns; ++column) {
      double full = 0, partial = 0, count = 0;
      for (int64_t y = row * step; y < std::min((row + 1) * step, rows); ++y)
        for (int64_t x = column * step;
             x < std::min((column + 1) * step, columns); ++x, ++count) {
          full += map.table.at(y, x) == TileClass::full;
          partial += map.table.at(y, x) == TileClass::partial;
        }
      std::string color = mix(full / count, partial / count);
      if (color == last)
        continue;
      flush(column);
      last = color;
      start = column;
    }
    flush(column);
  }
  svg << "</g>\n";
  std::string label = "key tiles of " + std::to_string(map.size.keys) + " keys";
  writeText(x0 + width / 2, y0 + height + 30, 12, label, "normal", "middle");
  writeText(x0, y0 + height + 14, 10, "0", "normal", "middle");
  writeText(x0 + width, y0 + height + 14, 10, std::to_string(columns), "normal",
            "middle");
  writeText(x0 - 6, y0 + 8, 10, "0", "normal", "end");
  writeText(x0 - 6, y0 + height, 10, std::to_string(rows), "normal", "end");
  svg << llvm::format("<g transform=\"translate(%.1f %.1f) rotate(-90)\">\n",
                      x0 - 30, y0 + height / 2);
  writeText(0, 0, 12,
            "tiles of " + std::to_string(map.size.queries) + " queries",
            "normal", "middle");
  svg << "</g>\n";
  left += side + margin + 24;
  this->width = std::max(this->width, left);
  lineHeight = std::max(lineHeight, height + 76);
}

void Picture::write(llvm::raw_ostream &os) {
  double height = top + lineHeight + 10;
  os << llvm::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
                     "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
                     "font-family=\"sans-serif\">\n",
                     width, height, width, height);
  os << "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
  double x = margin;
  for (auto [text, color] : {std::pair("full: no mask needed", mix(1, 0)),
                             {"partial: the mask decides", mix(0, 1)},
                             {"empty: not visited", mix(0, 0)}}) {
    os << llvm::format("<rect x=\"%.0f\" y=\"12\" width=\"14\" height=\"14\" "
                       "fill=\"%s\" stroke=\"#888\"/>\n<text x=\"%.0f\" "
                       "y=\"24\" font-size=\"12\">%s</text>\n",
                       x, color.c_str(), x + 20, text);
    x += 190;
  }
  os << body << "</svg>\n";
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

struct AttnExplainPass final
    : fovea::attn::impl::AttnExplainBase<AttnExplainPass> {
  using Base::Base;

  void runOnOperation() override {
    // The decisions, on a copy.
    OwningOpRef<ModuleOp> decided = getOperation().clone();
    PassManager pm(&getContext());
    AttnReorderTokensOptions reorder;
    reorder.target = target;
    pm.addPass(createAttnReorderTokens(reorder));
    AttnSelectScheduleOptions schedule;
    schedule.target = target;
    pm.addPass(createAttnSelectSchedule(schedule));
    if (failed(pm.run(*decided)))
      return signalPassFailure();
    SmallVector<AttentionOp> before, after;
    getOperation().walk([&](AttentionOp op) { before.push_back(op); });
    decided->walk([&](AttentionOp op) { after.push_back(op); });

    std::string text;
    llvm::raw_string_ostream os(text);
    Picture picture;
    for (auto [was, is] : llvm::zip_equal(before, after))
      explain(os, picture, was, is);
    if (before.empty())
      os << "no attn.attention\n";
    markAllAnalysesPreserved();
    if (failed(writeFile(output, [&](llvm::raw_ostream &os) { os << text; })))
      return signalPassFailure();
    if (!svg.empty() && failed(writeFile(svg, [&](llvm::raw_ostream &os) {
          picture.write(os);
        })))
      return signalPassFailure();
  }

private:
  LogicalResult writeFile(StringRef name,
                          llvm::function_ref<void(llvm::raw_ostream &)> body) {
    std::string message;
    std::unique_ptr<llvm::ToolOutputFile> file = openOutputFile(name, &message);
    if (!file)
      return getOperation().emitError("attn-explain: ") << message;
    body(file->os());
    file->os().flush();
    if (std::error_code code = file->os().error()) {
      file->os().clear_error();
      return getOperation().emitError("attn-explain: cannot write '")
             << name << "': " << code.message();
    }
    file->keep();
    return success();
  }

  void explain(llvm::raw_ostream &os, Picture &picture, AttentionOp was,
               AttentionOp is);
};

} // namespace

/// "12.5%"
static llvm::format_object<double> percent(double share) {
  return llvm::format("%.1f%%", 100 * share);
}

void AttnExplainPass::explain(llvm::raw_ostream &os, Picture &picture,
                              AttentionOp was, AttentionOp is) {
  OpExtents extents(was);
  auto function = was->getParentOfType<FunctionOpInterface>();
  std::string name =
      function ? ("@" + function.getName()).str() : std::string("attention");
  os << name << ": ";
  if (extents.queries <= 0 || extents.keys <= 0) {
    os << "the number of queries or keys is not static; -attn-analyze-mask "
          "says "
          "which keys a tile sees\n  schedule: "
       << is.getScheduleAttr() << "\n";
    return;
  }
  os << extents.queries << " queries, " << extents.keys << " keys\n";
  picture.startLine(name + ": " + std::to_string(extents.queries) +
                    " queries, " + std::to_string(extents.keys) + " keys");
  auto schedule = cast<tile::ScheduleAttrInterface>(is.getScheduleAttr());
  auto moved = is.getQuery().getDefiningOp<ReorderOp>();
  double all = double(extents.queries) * extents.keys;
  double visited = 0;
  // Prints the maps of an op and gives whether they are known.
  auto describe = [&](AttentionOp op, StringRef tokens) {
    TileExtents tiles{schedule.getQueryTile(), schedule.getKeyTile()};
    if (std::optional<ArrayRef<int64_t>> shape = op.getWalkShape())
      tiles = {(*shape)[0], (*shape)[1]};
    std::vector<HeadGroup> groups = groupHeads(op, tiles);
    int64_t heads = 0;
    visited = 0;
    for (HeadGroup &group : groups) {
      TileMap map{group.name + tokens.str(), tiles, std::move(group.table)};
      os << "  " << map.title << ": " << map.getRows() << " x "
         << map.table.numKeyTiles << " tiles of " << map.size.queries
         << " queries by " << map.size.keys
         << " keys: " << map.table.count(TileClass::empty) << " empty, "
         << map.table.count(TileClass::full) << " full, "
         << map.table.count(TileClass::partial) << " partial\n"
         << "    pairs in tiles with work: " << percent(map.getVisited() / all)
         << " of all\n";
      picture.add(map);
      heads += group.heads;
      visited += map.getVisited() * group.heads;
    }
    visited /= std::max<int64_t>(heads, 1);
    return !groups.empty();
  };
  bool isKnown = describe(was, moved ? ", tokens as they are numbered" : "");
  if (moved) {
    isKnown = describe(is, ", tokens moved");
    os << "  order: " << moved.getOrderAttr() << "\n";
  }
  if (!isKnown)
    os << "  the tiles are too many, or are not known before it runs\n";
  os << "  schedule: " << is.getScheduleAttr() << "\n";
  if (isKnown)
    os << "  expected time: " << percent(std::min(1.0, visited / all))
       << " of the same attention without a mask\n";
}
