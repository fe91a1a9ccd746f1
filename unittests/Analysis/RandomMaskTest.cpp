//===- RandomMaskTest.cpp - Random masks against brute force --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Masks of random ops are translated and bounded once, and then evaluated for
// several sizes and values of what they capture; every element of every tile is
// compared. The seed is fixed; FOVEA_MASK_SEED gives another, FOVEA_MASK_COUNT
// another number of masks for each kind.
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include "fovea/Analysis/MaskTranslation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include <cstdlib>
#include <random>

using namespace fovea;
using namespace mlir;

namespace {

/// A value of a random mask: what it is, and the op that computes it.
struct Node {
  /// From (row, column, captured values).
  std::function<int64_t(ArrayRef<int64_t>)> evaluate;
  Value value;
};

enum class Kind {
  unit,   ///< +-i +- j + captured + constant
  affine, ///< Coefficients up to 5.
  quasi   ///< Divisions, remainders, minima, selections.
};

class Generator {
public:
  static constexpr unsigned numCaptured = 3;

  Generator(OpBuilder &b, Block &block, std::mt19937 &engine, Kind kind)
      : b(b), loc(b.getUnknownLoc()), block(block), engine(engine), kind(kind) {
  }

  Node condition(unsigned numComparisons);

  /// Conditions that depend on captured values only.
  std::vector<Node> flags;

private:
  int64_t pick(int64_t low, int64_t high) {
    return low + int64_t(engine() % uint64_t(high - low + 1));
  }
  Node argument(unsigned n) {
    return {[n](ArrayRef<int64_t> x) { return x[n]; }, block.getArgument(n)};
  }
  Node constant(int64_t c) {
    return {[c](ArrayRef<int64_t>) { return c; },
            arith::ConstantIndexOp::create(b, loc, c)};
  }
  template <typename Op, typename F>
  Node binary(const Node &x, const Node &y, F f) {
    return {[f, a = x.evaluate, c = y.evaluate](ArrayRef<int64_t> v) {
              return int64_t(f(a(v), c(v)));
            },
            Op::create(b, loc, x.value, y.value)};
  }
  Node select(const Node &c, const Node &x, const Node &y) {
    return {[f = c.evaluate, g = x.evaluate, h = y.evaluate](
                ArrayRef<int64_t> v) { return f(v) ? g(v) : h(v); },
            arith::SelectOp::create(b, loc, c.value, x.value, y.value)};
  }
  Node times(const Node &x, int64_t factor) {
    if (factor == 1)
      return x;
    return binary<arith::MulIOp>(x, constant(factor),
                                 std::multiplies<int64_t>());
  }
  Node sum(const Node &x, const Node &y) {
    return binary<arith::AddIOp>(x, y, std::plus<int64_t>());
  }
  /// Linear in row, column and a captured value.
  Node linear();
  Node integer(unsigned depth);
  Node comparison();

  OpBuilder &b;
  Location loc;
  Block &block;
  std::mt19937 &engine;
  Kind kind;
};

} // namespace

Node Generator::linear() {
  int64_t most = kind == Kind::affine ? 5 : 1;
  Node e = constant(pick(-40, 40));
  for (unsigned n : {0u, 1u})
    if (int64_t factor = pick(-most, most))
      e = sum(e, times(argument(n), factor));
  if (pick(0, 2) == 0)
    e = sum(e, times(argument(2 + pick(0, numCaptured - 1)), pick(1, most)));
  return e;
}

Node Generator::integer(unsigned depth) {
  if (depth == 0 || pick(0, 3) == 0)
    return pick(0, 1) ? argument(pick(0, 1)) : linear();
  Node x = integer(depth - 1);
  int64_t d = pick(2, 24);
  switch (pick(0, 11)) {
  case 0:
  case 1:
  case 2:
    return binary<arith::FloorDivSIOp>(x, constant(d), fovea::floorDiv);
  case 3:
    return binary<arith::DivSIOp>(x, constant(d), std::divides<int64_t>());
  case 4:
    return binary<arith::CeilDivSIOp>(x, constant(d), [](int64_t a, int64_t c) {
      return -fovea::floorDiv(-a, c);
    });
  case 5:
    return binary<arith::RemSIOp>(x, constant(d), std::modulus<int64_t>());
  case 6: {
    // The remainder that is not negative.
    Node quotient =
        binary<arith::FloorDivSIOp>(x, constant(d), fovea::floorDiv);
    return sum(x, times(quotient, -d));
  }
  case 7:
    return binary<arith::AndIOp>(x, constant(7), std::bit_and<int64_t>());
  case 8:
    return binary<arith::MinSIOp>(
        x, integer(depth - 1),
        [](int64_t a, int64_t c) { return std::min(a, c); });
  case 9:
    return binary<arith::MaxSIOp>(
        x, integer(depth - 1),
        [](int64_t a, int64_t c) { return std::max(a, c); });
  case 10:
    return {[f = x.evaluate](ArrayRef<int64_t> v) { return std::abs(f(v)); },
            math::AbsIOp::create(b, loc, x.value)};
  default:
    return sum(times(x, pick(-3, 3)), integer(depth - 1));
  }
}

Node Generator::comparison() {
  if (pick(0, 15) == 0) {
    Node x = argument(2 + pick(0, numCaptured - 1)), y = argument(2);
    flags.push_back({[f = x.evaluate, g = y.evaluate](ArrayRef<int64_t> v) {
                       return int64_t(f(v) < g(v));
                     },
                     arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                           x.value, y.value)});
    return flags.back();
  }
  Node x = kind == Kind::quasi ? integer(3) : linear();
  Node y = kind == Kind::quasi && pick(0, 1) ? integer(2)
           : pick(0, 2) ? constant(pick(-10, 40))
                        : argument(2 + pick(0, numCaptured - 1));
  using Predicate = arith::CmpIPredicate;
  auto compare = [&](Predicate predicate, auto f) -> Node {
    return {[f, a = x.evaluate, c = y.evaluate](ArrayRef<int64_t> v) {
              return int64_t(f(a(v), c(v)));
            },
            arith::CmpIOp::create(b, loc, predicate, x.value, y.value)};
  };
  auto asUnsigned = [](auto f) {
    return [f](int64_t a, int64_t c) { return f(uint64_t(a), uint64_t(c)); };
  };
  switch (pick(0, kind == Kind::quasi ? 9 : 7)) {
  case 0:
  case 1:
    return compare(Predicate::sle, std::less_equal<int64_t>());
  case 2:
  case 3:
    return compare(Predicate::slt, std::less<int64_t>());
  case 4:
    return compare(Predicate::sge, std::greater_equal<int64_t>());
  case 5:
    return compare(Predicate::sgt, std::greater<int64_t>());
  case 6:
    return compare(Predicate::eq, std::equal_to<int64_t>());
  case 7:
    return compare(Predicate::ne, std::not_equal_to<int64_t>());
  case 8:
    return compare(Predicate::ult, asUnsigned(std::less<uint64_t>()));
  default:
    return compare(Predicate::uge, asUnsigned(std::greater_equal<uint64_t>()));
  }
}

Node Generator::condition(unsigned numComparisons) {
  if (numComparisons == 1)
    return comparison();
  unsigned left = pick(1, numComparisons - 1);
  Node x = condition(left), y = condition(numComparisons - left);
  Node yes{[](ArrayRef<int64_t>) { return int64_t(1); },
           arith::ConstantIntOp::create(b, loc, 1, 1)};
  if (pick(0, 3) == 0)
    x = binary<arith::XOrIOp>(x, yes, std::bit_xor<int64_t>());
  switch (pick(0, 8)) {
  case 0:
    return binary<arith::XOrIOp>(x, y, std::bit_xor<int64_t>());
  case 1:
    if (numComparisons < 4)
      return select(comparison(), x, y);
    [[fallthrough]];
  case 2:
  case 3:
  case 4:
    return binary<arith::OrIOp>(x, y, std::bit_or<int64_t>());
  default:
    return binary<arith::AndIOp>(x, y, std::bit_and<int64_t>());
  }
}

namespace {

/// What is captured: the first is small, the second has the range of its type,
/// of the third nothing is known.
class Captures final : public MaskSource {
public:
  explicit Captures(Block &block)
      : MaskSource(block.getArgument(0), block.getArgument(1)), block(block) {}

  bool isInvariant(Value value) override {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return argument.getArgNumber() >= 2;
    return value.getDefiningOp<arith::CmpIOp>() &&
           llvm::all_of(value.getDefiningOp()->getOperands(),
                        [&](Value operand) { return isInvariant(operand); });
  }
  std::optional<IntegerRange> rangeOf(Value value) override {
    if (value == block.getArgument(2))
      return IntegerRange{0, 30};
    if (value == block.getArgument(3))
      return IntegerRange{-maxExtent, maxExtent};
    return std::nullopt;
  }

private:
  Block &block;
};

class RandomMasks : public ::testing::TestWithParam<Kind> {
protected:
  static int64_t setting(const char *name, int64_t otherwise) {
    const char *text = std::getenv(name);
    return text ? std::atoll(text) : otherwise;
  }

  /// One mask at several sizes.
  Counts check(std::mt19937 &engine, unsigned numComparisons);

  MLIRContext context;
  int64_t inexactTiles = 0; ///< Without a limit on the number of intervals.
};

} // namespace

Counts RandomMasks::check(std::mt19937 &engine, unsigned numComparisons) {
  auto pick = [&](int64_t low, int64_t high) {
    return low + int64_t(engine() % uint64_t(high - low + 1));
  };
  OpBuilder b(&context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(b, b.getUnknownLoc());
  Block *block = module->getBody();
  for (unsigned n = 0; n < 2 + Generator::numCaptured; ++n)
    block->addArgument(b.getIndexType(), b.getUnknownLoc());
  b.setInsertionPointToStart(block);
  Generator generator(b, *block, engine, GetParam());
  Node mask = generator.condition(numComparisons);

  bool startsAtZero = pick(0, 2) != 0;
  int64_t lowest = startsAtZero ? 0 : -maxCoordinate;
  MaskTranslation translation({lowest, maxCoordinate}, {lowest, maxCoordinate});
  Captures captures(*block);
  translateMask(mask.value, captures, translation);
  Sizes sizes;
  sizes.tileRows = pick(1, 16);
  sizes.tileKeys = pick(1, 16);
  TiledMask tiled(translation.mask, sizes);
  TiledMask precise = tiled;
  precise.maxIntervals = 64;
  bool isExact = tiled.getBounds().isExact;

  Counts counts;
  for (unsigned run = 0; run < 3; ++run) {
    sizes.rows = pick(1, 40);
    sizes.keys = pick(1, 60);
    if (!startsAtZero) {
      sizes.firstRow = pick(-30, 30);
      sizes.firstKey = pick(-30, 30);
    }
    SmallVector<int64_t> values{0, 0, pick(0, 30), pick(-20, 40),
                                pick(-50, 60)};
    auto isTrue = [&](int64_t row, int64_t column) {
      values[0] = row;
      values[1] = column;
      return mask.evaluate(values) != 0;
    };
    auto symbols = [&](unsigned term) {
      const MaskSymbol &symbol = translation.symbols.find(term)->second;
      int64_t value = values[cast<BlockArgument>(symbol.value).getArgNumber()];
      return symbol.limit == 0 ? value
                               : std::clamp(value, -symbol.limit, symbol.limit);
    };
    auto flags = [&](unsigned n) {
      for (const Node &flag : generator.flags)
        if (flag.value == translation.flags[n])
          return flag.evaluate(values) != 0;
      return false;
    };
    Counts here = tiled.compare(sizes, isTrue, symbols, flags);
    Counts there = precise.compare(sizes, isTrue, symbols, flags);
    // What is said to be exact has to be.
    there.wrong += isExact ? there.inexact() : 0;
    if (here.wrong + there.wrong != 0) {
      std::string text;
      llvm::raw_string_ostream os(text);
      module->print(os);
      os << "\nformula: ";
      translation.mask.print(os, translation.mask.formula, [](unsigned term) {
        return "t" + std::to_string(term);
      });
      os << "\ntiles of " << sizes.tileRows << " x " << sizes.tileKeys
         << ", rows " << sizes.rows << " from " << sizes.firstRow << ", keys "
         << sizes.keys << " from " << sizes.firstKey << ", captured "
         << values[2] << " " << values[3] << " " << values[4];
      ADD_FAILURE() << here.wrong << " and " << there.wrong
                    << " tiles are wrong: " << text;
    }
    counts.add(here);
    inexactTiles += there.inexact();
  }
  return counts;
}

TEST_P(RandomMasks, NeverWrong) {
  context.loadDialect<arith::ArithDialect, math::MathDialect>();
  std::mt19937 engine(setting("FOVEA_MASK_SEED", 1));
  int64_t numMasks = setting("FOVEA_MASK_COUNT", 1500);
  Counts total;
  int64_t inexactMasks = 0;
  for (int64_t n = 0; n < numMasks; ++n) {
    Counts counts = check(engine, 1 + engine() % 4);
    total.add(counts);
    inexactMasks += counts.inexact() != 0;
    if (HasFailure())
      break;
  }
  EXPECT_EQ(total.wrong, 0);
  // Each class occurs.
  EXPECT_GT(total.empty, numMasks);
  EXPECT_GT(total.full, numMasks);
  EXPECT_GT(total.partial, numMasks);
  if (GetParam() == Kind::unit)
    EXPECT_EQ(inexactTiles, 0);
  llvm::outs() << numMasks << " masks; tiles: " << total.empty << " empty, "
               << total.full << " full, " << total.partial
               << " partial; called partial: " << total.emptyVisited
               << " empty and " << total.fullMasked << " full, in "
               << inexactMasks
               << " masks; without a limit on intervals: " << inexactTiles
               << "\n";
}

INSTANTIATE_TEST_SUITE_P(, RandomMasks,
                         ::testing::Values(Kind::unit, Kind::affine,
                                           Kind::quasi),
                         [](const auto &info) {
                           switch (info.param) {
                           case Kind::unit:
                             return "Unit";
                           case Kind::affine:
                             return "Affine";
                           case Kind::quasi:
                             return "Quasi";
                           }
                           return "";
                         });
