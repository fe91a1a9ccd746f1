//===- Conditions.cpp - Conditions of a map's elements --------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A mask compares coordinates with each other and with values of a work item.
// One comparison an element is as good as anything; where a mask joins
// several, these are done on words of bits, one for up to 32 elements of a
// row: the columns of a thread ascend, so that those below a limit are the
// first ones, and their number makes the word. An element tests its bit.
//
//===----------------------------------------------------------------------===//

#include "MapEmitter.h"

using namespace mlir;
using namespace fovea;

/// The column of a row's register of a thread: two neighbours of each eight.
static int64_t getColumn(int64_t n) { return n / 2 * 8 + n % 2; }

/// The registers that belong to each word: of a row, in order, up to 32.
void MapEmitter::placeBits() {
  DenseMap<int64_t, size_t> lastOfRow;
  for (auto [reg, part] : llvm::enumerate(fragments[Full].registerPart)) {
    auto [last, isNew] = lastOfRow.try_emplace(part[0], wordRegisters.size());
    if (!isNew && wordRegisters[last->second].size() == 32)
      last->second = wordRegisters.size();
    if (last->second == wordRegisters.size())
      wordRegisters.emplace_back();
    bitPlaces.emplace_back(last->second, wordRegisters[last->second].size());
    wordRegisters[last->second].push_back(reg);
  }
}

/// The word whose bits are set where the parts of its registers are below the
/// difference, or not above it if `inclusive`; null unless the parts go up or
/// down as the columns do, or are all the same.
Value MapEmitter::emitWord(const Condition &condition, ArrayRef<int64_t> parts,
                           bool inclusive) {
  int64_t first = parts.front();
  auto goesBy = [&](int64_t step) {
    return llvm::all_of(llvm::enumerate(parts), [&](auto part) {
      return part.value() == first + step * getColumn(part.index());
    });
  };
  Value difference = condition.difference;
  Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
  if (goesBy(0)) {
    Value all = arith::CmpIOp::create(builder, loc,
                                      inclusive ? arith::CmpIPredicate::sle
                                                : arith::CmpIPredicate::slt,
                                      emitter.constant(first), difference);
    return arith::ExtSIOp::create(builder, loc, i32, all);
  }
  bool ascends = goesBy(1);
  if (!ascends && !goesBy(-1))
    return nullptr;
  // The columns below `limit`, from 0 to 128, are those where the condition
  // holds, or where it does not if the parts descend.
  constexpr int64_t columns = 128;
  int64_t zero = ascends ? first - inclusive : first + !inclusive;
  Value limit =
      arith::MaxSIOp::create(builder, loc, difference,
                             emitter.constant(ascends ? zero : zero - columns));
  limit = arith::MinSIOp::create(
      builder, loc, limit, emitter.constant(ascends ? zero + columns : zero));
  limit =
      ascends
          ? arith::SubIOp::create(builder, loc, limit, emitter.constant(zero))
                .getResult()
          : arith::SubIOp::create(builder, loc, emitter.constant(zero), limit);
  // Two registers of each whole eight, and those of the last.
  Value whole = arith::AndIOp::create(
      builder, loc,
      arith::ShRUIOp::create(builder, loc, limit, emitter.constant(2)),
      emitter.constant(-2));
  Value rest = arith::MinUIOp::create(
      builder, loc,
      arith::AndIOp::create(builder, loc, limit, emitter.constant(7)),
      emitter.constant(2));
  Value count = arith::AddIOp::create(builder, loc, whole, rest);
  Value ones = arith::ConstantIntOp::create(builder, loc, i64, -1);
  Value above = arith::ShLIOp::create(
      builder, loc, ones, arith::ExtUIOp::create(builder, loc, i64, count));
  Value word = arith::TruncIOp::create(builder, loc, i32, above);
  return ascends ? negate(word) : word;
}

Value MapEmitter::negate(Value word) {
  return arith::XOrIOp::create(builder, loc, word, emitter.constant(-1));
}

/// Makes the words of a comparison of sums.
void MapEmitter::compareToWords(Condition &condition) {
  using Predicate = arith::CmpIPredicate;
  Predicate predicate = cast<arith::CmpIOp>(condition.op).getPredicate();
  condition.comparisons = 1;
  SmallVector<int64_t> places;
  if (condition.level != Full)
    places = spreadIndices(condition.level, Full);
  for (ArrayRef<int64_t> registers : wordRegisters) {
    auto parts = llvm::map_to_vector(registers, [&](int64_t reg) {
      return condition.parts[condition.level == Full ? reg : places[reg]];
    });
    auto below = [&](bool inclusive) {
      return emitWord(condition, parts, inclusive);
    };
    Value word;
    if (predicate == Predicate::eq || predicate == Predicate::ne) {
      Value less = below(/*inclusive=*/false), all = below(/*inclusive=*/true);
      if (less && all)
        word = arith::XOrIOp::create(builder, loc, less, all);
    } else {
      word = below(predicate == Predicate::sle || predicate == Predicate::sgt);
    }
    if (!word) {
      condition.words.clear();
      return;
    }
    bool negated = predicate == Predicate::ne || predicate == Predicate::sgt ||
                   predicate == Predicate::sge;
    condition.words.push_back(negated ? negate(word) : word);
  }
}

/// Makes the words of an op on conditions that have words, or are uniform.
void MapEmitter::joinWords(Condition &condition) {
  Operation *op = condition.op;
  if (!isa<arith::AndIOp, arith::OrIOp, arith::XOrIOp>(op))
    return;
  SmallVector<Values> operands;
  for (Value operand : op->getOperands()) {
    auto it = conditions.find(operand);
    if (it != conditions.end()) {
      condition.comparisons += it->second.comparisons;
      operands.push_back(it->second.words);
    } else if (Element element = get(operand); element.level == Uniform) {
      Value all = arith::ExtSIOp::create(builder, loc, builder.getI32Type(),
                                         element.value);
      operands.emplace_back(wordRegisters.size(), all);
    }
  }
  if (operands.size() < 2 || operands[0].empty() || operands[1].empty())
    return;
  for (auto [x, y] : llvm::zip_equal(operands[0], operands[1])) {
    OperationState state(loc, op->getName());
    state.addOperands({x, y});
    state.addTypes(builder.getI32Type());
    condition.words.push_back(builder.create(state)->getResult(0));
  }
}

/// The bit of a register of all elements.
Value MapEmitter::emitBit(const Condition &condition, int64_t reg) {
  auto [word, bit] = bitPlaces[reg];
  Value masked = arith::AndIOp::create(
      builder, loc, condition.words[word],
      emitter.constant(static_cast<int32_t>(uint32_t(1) << bit)));
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, masked,
                               emitter.constant(0));
}

/// Remembers how the elements' conditions are computed. Sums are compared by
/// their constants with the difference of their bases, which needs no more than
/// 32 bits.
void MapEmitter::noteCondition(Operation *op, ArrayRef<Element> operands,
                               unsigned level) {
  Condition &condition = conditions[op->getResult(0)];
  condition.level = level;
  condition.op = op;
  elements[op->getResult(0)] = {level, Value()};
  auto compare = dyn_cast<arith::CmpIOp>(op);
  if (compare && compare.getLhs().getType().isIndex() &&
      compare.getPredicate() < arith::CmpIPredicate::ult) {
    std::optional<Sum> lhs = getSum(compare.getLhs()),
                       rhs = getSum(compare.getRhs());
    if (lhs && rhs && (lhs->level | rhs->level) == level) {
      Value difference =
          arith::SubIOp::create(builder, loc, emitter.extend(rhs->base, 64),
                                emitter.extend(lhs->base, 64));
      condition.difference = arith::TruncIOp::create(
          builder, loc, builder.getI32Type(),
          emitter.clampIndex(difference, INT32_MIN, INT32_MAX));
      condition.parts = partsOf(*lhs, level);
      for (auto [part, other] :
           llvm::zip(condition.parts, partsOf(*rhs, level)))
        part -= other;
      compareToWords(condition);
      return;
    }
  }
  condition.operands = prepareOperands(op, operands, level);
  joinWords(condition);
}

/// The condition of one element of a level.
Value MapEmitter::emitCondition(Value value, unsigned level, int64_t reg) {
  auto it = conditions.find(value);
  if (it == conditions.end()) {
    // Of a table, or uniform.
    Value all = spread(get(value), level);
    return vector::ToElementsOp::create(builder, loc, all).getResult(reg);
  }
  const Condition &condition = it->second;
  if (level == Full && condition.comparisons > 1 && !condition.words.empty())
    return emitBit(condition, reg);
  if (condition.level != level)
    reg = spreadIndices(condition.level, level)[reg];
  Value &result = computed[{value, reg}];
  if (result)
    return result;
  Value made;
  if (condition.difference)
    made = arith::CmpIOp::create(
        builder, loc, cast<arith::CmpIOp>(condition.op).getPredicate(),
        emitter.constant(condition.parts[reg]), condition.difference);
  else
    made = emitElement(condition.op, condition.level, condition.operands, reg);
  return computed[{value, reg}] = made;
}
